// SPDX-License-Identifier: MIT
// Each setting of a run, defined once: name, default, check, help. Flags, TOML keys and checkpoints come from here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset.hpp"
#include "core/train_config.hpp"

namespace lockstep {

enum class SettingKind { text, integer, real, boolean, integers };

/// One setting. `name` is the TOML key and, behind "--", the flag. Its default is what `get` says of TrainConfig{}.
///
/// Text and value are one to one: a value's text is the shortest that reads back as the same value. Lists are joined
/// by commas, and no text at all is the empty list. Settings that may be left open have the text "auto",
/// whatever their kind.
struct Setting {
  std::string_view name;
  std::string_view group;  ///< heading in --help: "Network", "Objective", ...
  SettingKind kind;
  std::string_view values;  ///< for help: "COUNT", "relu|tanh|..."
  std::string_view help;    ///< one sentence with the unit; what 0 or auto means
  bool affects_result;      ///< false: threads, checkpoint-every, timeout, ...: may differ when a run continues
  std::string (*get)(const TrainConfig&);
  void (*read)(TrainConfig&, std::string_view);  ///< `set` without the setting's name in the error

  /// Blanks around the text are ignored. Throws RequestError: the setting, what is wrong and what is allowed; `config`
  /// is then untouched. Whether the value makes sense is for `problems` to say.
  void set(TrainConfig& config, std::string_view text) const;
};

/// All settings in the order of --help: each member of TrainConfig, once.
[[nodiscard]] std::span<const Setting> settings();

/// The setting of that name, or nullptr.
[[nodiscard]] const Setting* find_setting(std::string_view name);

/// Every broken rule between settings, one sentence each; empty means usable. Pure, so ranks agree. What depends on the
/// data or the number of ranks is not looked at here.
[[nodiscard]] std::vector<std::string> problems(const TrainConfig& config);

/// A sentence for each setting that was given (its text is not the default's) but that no part of such a run reads.
[[nodiscard]] std::vector<std::string> settings_without_effect(const TrainConfig& config);

/// Whether a run of this configuration has a target: a loss or an error at which it is over.
[[nodiscard]] bool has_target(const TrainConfig& config) noexcept;

/// The learning rate in effect: as set, or the optimizer's usual (sgd, momentum, nesterov 0.1, rmsprop, adam, adamw
/// 0.001).
[[nodiscard]] double learning_rate_of(const TrainConfig& config);

/// Replaces what is left open ("auto") by what it comes to for a task, so that a later version repeats the run even if
/// it would choose otherwise. (What to standardise stays open: it depends on the data.)
[[nodiscard]] TrainConfig resolved(TrainConfig config, Task task);

}  // namespace lockstep
