// SPDX-License-Identifier: MIT
// Flags keep their text until all sources of settings are known.
#include "apps/setting_flags.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "core/error.hpp"

namespace lockstep {

SettingFlags::SettingFlags(CLI::App& command, const std::vector<std::string_view>& names) {
  const TrainConfig defaults;
  for (const Setting& setting : settings()) {
    if (!names.empty() && std::find(names.begin(), names.end(), setting.name) == names.end()) continue;
    flags_.push_back(std::make_unique<Flag>(Flag{.setting = &setting, .option = nullptr, .text = {}}));
    Flag& flag = *flags_.back();
    flag.option = command.add_option("--" + std::string{setting.name}, flag.text, std::string{setting.help})
                      ->type_name(std::string{setting.values})
                      ->default_str(setting.get(defaults))
                      ->group(std::string{setting.group});
  }
}

void SettingFlags::apply(TrainConfig& config, std::vector<std::string>& problems) const {
  for (const std::unique_ptr<Flag>& flag : flags_) {
    if (flag->option->count() == 0) continue;
    try {
      flag->setting->set(config, flag->text);
    } catch (const RequestError& error) {
      problems.push_back("--" + std::string{error.what()});
    }
  }
}

}  // namespace lockstep
