// SPDX-License-Identifier: MIT
// The table of settings as command-line flags.
#pragma once

#include <string>
#include <vector>

#include "apps/cli_forward.hpp"
#include "core/settings.hpp"

namespace lockstep {

/// One flag for each setting, under its group's heading in --help. Must live until the command line is parsed.
class SettingFlags {
 public:
  /// Adds all settings, or only those named.
  explicit SettingFlags(CLI::App& command, const std::vector<std::string_view>& names = {});
  SettingFlags(const SettingFlags&) = delete;
  SettingFlags& operator=(const SettingFlags&) = delete;

  /// Sets what was given into `config`; adds a sentence to `problems` for each value that cannot be read.
  void apply(TrainConfig& config, std::vector<std::string>& problems) const;

 private:
  struct Flag {
    const Setting* setting;
    CLI::Option* option;
    std::string text;
  };
  std::vector<std::unique_ptr<Flag>> flags_;
};

}  // namespace lockstep
