// SPDX-License-Identifier: MIT
// Fields to numbers.
#include "io/table_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace lockstep {
namespace {

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

bool equals_ignoring_case(std::string_view field, std::string_view lower_case) {
  return std::equal(field.begin(), field.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return lower(a) == b; });
}

}  // namespace

bool is_missing(std::string_view field) {
  return field.empty() || field == "?" || field == "NA" || equals_ignoring_case(field, "nan");
}

ParsedNumber parse_number(std::string_view field) {
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') field.remove_prefix(1);
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, code] = std::from_chars(field.data(), end, value);
  if (stop != end || code == std::errc::invalid_argument) return {};
  if (code == std::errc::result_out_of_range) {
    const bool tiny = field.find("e-") != field.npos || field.find("E-") != field.npos;
    return tiny ? ParsedNumber{NumberKind::number, 0} : ParsedNumber{NumberKind::infinite, 0};
  }
  if (std::isnan(value)) return {};
  if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) return {NumberKind::infinite, 0};
  return {NumberKind::number, value};
}

}  // namespace lockstep
