// SPDX-License-Identifier: MIT
// Each setting of a run, defined once: name, default, check, help. Flags, TOML keys and checkpoints come from here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/train_config.hpp"

namespace lockstep {

enum class SettingKind { text, integer, real, boolean, integers };

/// One setting. `name` is the TOML key and, behind "--", the flag.
struct Setting {
  std::string_view name;
  std::string_view group;  ///< heading in --help: "Network", "Objective", ...
  SettingKind kind;
  std::string_view values;  ///< for help: "COUNT", "relu|tanh|..."
  std::string_view help;    ///< one sentence with the unit; what 0 or auto means
  bool affects_result;      ///< false: threads, checkpoint-every: may differ when a run continues
  std::string (*get)(const TrainConfig&);
  void (*set)(TrainConfig&, std::string_view);  ///< throws RequestError: what is wrong and what is allowed
};

/// All settings in the order of --help.
[[nodiscard]] std::span<const Setting> settings();

/// The setting of that name, or nullptr.
[[nodiscard]] const Setting* find_setting(std::string_view name);

/// Every broken rule between settings, one sentence each; empty means usable. Pure, so ranks agree.
[[nodiscard]] std::vector<std::string> problems(const TrainConfig& config);

/// The learning rate in effect: as set, or the optimizer's usual (sgd, momentum, nesterov 0.1, rmsprop, adam, adamw 0.001).
[[nodiscard]] double learning_rate_of(const TrainConfig& config);

}  // namespace lockstep
