// SPDX-License-Identifier: MIT
// Aligning columns.
#include "apps/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lockstep {
namespace {

/// Characters of UTF-8 text.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padding(const std::string& cell, std::size_t width) {
  const std::size_t length = characters(cell);
  return std::string(width > length ? width - length : 0, ' ');
}

}  // namespace

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], characters(row[column]));
  }
  std::string text;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string space = padding(row[column], widths[column]);
      if (column == 0)
        line += row[column] + space;
      else
        line += "  " + space + row[column];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

std::string listing(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::size_t width = 0;
  for (const auto& entry : entries) width = std::max(width, characters(entry.first));
  std::string text;
  for (const auto& entry : entries) {
    if (!text.empty()) text += '\n';
    if (entry.second.empty())
      text += entry.first;
    else
      text += fmt::format("{}{}  {}", entry.first, padding(entry.first, width), entry.second);
  }
  return text;
}

std::string short_number(double value) {
  constexpr int decimals_below_ten = 4;
  const double size = std::fabs(value);
  if (size != 0 && std::isfinite(value) && (size < 1e-3 || size >= 1e6)) return fmt::format("{:.2e}", value);
  const int digits_more = size < 10 || !std::isfinite(value) ? 0 : static_cast<int>(std::floor(std::log10(size)));
  return fmt::format("{:.{}f}", value, std::max(0, decimals_below_ten - digits_more));
}

std::string with_thousands(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t place = digits.size(); place > first + 3; place -= 3) digits.insert(place - 3, 1, ',');
  return digits;
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string counted(Index count, const std::string& singular, const std::string& plural) {
  return fmt::format("{} {}", with_thousands(static_cast<double>(count)), count == 1 ? singular : plural);
}

}  // namespace lockstep
