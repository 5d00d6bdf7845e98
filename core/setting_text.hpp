// SPDX-License-Identifier: MIT
// Values of settings as text, and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/train_config.hpp"

namespace lockstep::setting_text {

/// Without the blanks and tabs around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The shortest text that `read` turns into the same value.
[[nodiscard]] std::string written(double value);
[[nodiscard]] std::string written(Index value);
[[nodiscard]] std::string written(std::uint64_t value);
[[nodiscard]] std::string written(bool value);
[[nodiscard]] std::string written(const std::vector<Index>& values);
[[nodiscard]] std::string written(Activation value);
[[nodiscard]] std::string written(Initializer value);
[[nodiscard]] std::string written(Loss value);
[[nodiscard]] std::string written(Optimizer value);
[[nodiscard]] std::string written(ScheduleKind value);
[[nodiscard]] std::string written(Standardize value);
[[nodiscard]] std::string written(TargetOf value);
[[nodiscard]] std::string written(Precision value);
[[nodiscard]] std::string written(InstructionSet value);
template <class Value>
[[nodiscard]] std::string written(const std::optional<Value>& value) {
  return value ? written(*value) : "auto";
}

/// Reads all of `text` into `value`. Throws RequestError that says what was expected; `value` is then untouched.
void read(std::string_view text, double& value);  ///< finite numbers only
void read(std::string_view text, Index& value);
void read(std::string_view text, std::uint64_t& value);
void read(std::string_view text, bool& value);
void read(std::string_view text, std::vector<Index>& values);
void read(std::string_view text, Activation& value);
void read(std::string_view text, Initializer& value);
void read(std::string_view text, Loss& value);
void read(std::string_view text, Optimizer& value);
void read(std::string_view text, ScheduleKind& value);
void read(std::string_view text, Standardize& value);
void read(std::string_view text, TargetOf& value);
void read(std::string_view text, Precision& value);
void read(std::string_view text, InstructionSet& value);
template <class Value>
void read(std::string_view text, std::optional<Value>& value) {
  if (text == "auto") {
    value.reset();
    return;
  }
  Value read_value{};
  read(text, read_value);
  value = read_value;
}

}  // namespace lockstep::setting_text
