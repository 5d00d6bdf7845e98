// SPDX-License-Identifier: MIT
// Fields to numbers.
#include "io/table_values.hpp"

#include <fmt/format.h>

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

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(i + k < text.size() ? text[i + k] : 0); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(k) & 0xC0U) != 0x80) return false;
    }
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool outside = (first == 0xED && byte(1) >= 0xA0) || (first == 0xF4 && byte(1) >= 0x90);
    if (overlong || outside) return false;
    i += length;
  }
  return true;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t most_shown = 60;
  if (text.size() <= most_shown) return std::string{text};
  std::size_t end = most_shown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // no half of a character
  return fmt::format("{}... ({} bytes)", text.substr(0, end), text.size());
}

std::string quoted_list(std::span<const std::string> texts) {
  constexpr std::size_t shown = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(shown, texts.size()); ++i) {
    list += fmt::format("{}'{}'", i == 0 ? "" : ", ", shortened(texts[i]));
  }
  if (texts.size() > shown) list += fmt::format(" and {} more", texts.size() - shown);
  return list;
}

}  // namespace lockstep
