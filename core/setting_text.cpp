// SPDX-License-Identifier: MIT
// Numbers, lists and names as text, and back.
#include "core/setting_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "core/error.hpp"
#include "core/names.hpp"

namespace lockstep::setting_text {
namespace {

constexpr std::array<Named<TargetOf>, 2> target_names{
    {{TargetOf::validation, "validation"}, {TargetOf::training, "training"}}};
constexpr std::array<Named<Standardize>, 5> standardize_names{{{Standardize::automatic, "auto"},
                                                               {Standardize::none, "none"},
                                                               {Standardize::features, "features"},
                                                               {Standardize::targets, "targets"},
                                                               {Standardize::all, "all"}}};

template <class Number>
Number number_in(std::string_view text, std::string_view expected) {
  Number number{};
  const char* const end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, number);
  if (result.ec == std::errc::result_out_of_range)
    throw RequestError{fmt::format("'{}' does not fit; expected {}", text, expected)};
  if (result.ec != std::errc{} || result.ptr != end) throw RequestError{fmt::format("'{}' is not {}", text, expected)};
  return number;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string written(double value) { return fmt::format("{}", value); }
std::string written(Index value) { return fmt::format("{}", value); }
std::string written(std::uint64_t value) { return fmt::format("{}", value); }
std::string written(bool value) { return value ? "true" : "false"; }
std::string written(const std::vector<Index>& values) { return fmt::format("{}", fmt::join(values, ",")); }
std::string written(Activation value) { return std::string{name_of(value)}; }
std::string written(Initializer value) { return std::string{name_of(value)}; }
std::string written(Loss value) { return std::string{name_of(value)}; }
std::string written(Optimizer value) { return std::string{name_of(value)}; }
std::string written(ScheduleKind value) { return std::string{name_of(value)}; }
std::string written(Precision value) { return std::string{text_in(precision_names, value)}; }
std::string written(InstructionSet value) { return std::string{text_in(instruction_set_names, value)}; }
std::string written(TargetOf value) { return std::string{text_in(target_names, value)}; }
std::string written(Standardize value) { return std::string{text_in(standardize_names, value)}; }

void read(std::string_view text, double& value) {
  constexpr std::string_view expected = "a finite number, like 0.001 or 1e-3";
  const auto number = number_in<double>(text, expected);
  if (!std::isfinite(number)) throw RequestError{fmt::format("'{}' is not {}", text, expected)};
  value = number;
}

void read(std::string_view text, Index& value) { value = number_in<Index>(text, "a whole number, like 128"); }

void read(std::string_view text, std::uint64_t& value) {
  value = number_in<std::uint64_t>(text, "a whole number from 0 up");
}

void read(std::string_view text, bool& value) {
  if (text != "true" && text != "false") throw RequestError{fmt::format("'{}' is neither true nor false", text)};
  value = text == "true";
}

void read(std::string_view text, std::vector<Index>& values) {
  std::vector<Index> numbers;
  for (std::string_view rest = text; !text.empty();) {
    const std::size_t comma = rest.find(',');
    numbers.push_back(number_in<Index>(trimmed(rest.substr(0, comma)), "a whole number in a list like 512,256"));
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  values = std::move(numbers);
}

void read(std::string_view text, Activation& value) { value = activation_named(text); }
void read(std::string_view text, Initializer& value) { value = initializer_named(text); }
void read(std::string_view text, Loss& value) { value = loss_named(text); }
void read(std::string_view text, Optimizer& value) { value = optimizer_named(text); }
void read(std::string_view text, ScheduleKind& value) { value = schedule_named(text); }
void read(std::string_view text, Precision& value) { value = value_in(precision_names, "precision", text); }
void read(std::string_view text, InstructionSet& value) {
  value = value_in(instruction_set_names, "instruction set", text);
}
void read(std::string_view text, TargetOf& value) { value = value_in(target_names, "part of the data", text); }
void read(std::string_view text, Standardize& value) {
  value = value_in(standardize_names, "way to standardize", text);
}

}  // namespace lockstep::setting_text
