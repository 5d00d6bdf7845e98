// SPDX-License-Identifier: MIT
// Edit distance and the error for unknown names.
#include "core/names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "core/error.hpp"

namespace lockstep {
namespace {

/// Lower case, '_' as '-': what people mix up without meaning another name.
std::string folded(std::string_view name) {
  std::string text{name};
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    if (letter == '_') letter = '-';
  }
  return text;
}

/// Optimal string alignment distance. Row i of the table holds the distances from the first i letters of `from`.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before(to.size() + 1);
  std::vector<std::size_t> above(to.size() + 1);
  std::vector<std::size_t> row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[to.size()];
}

/// "lr" of "--learning-rate".
std::string initials(std::string_view name) {
  std::string letters;
  char before = '-';
  for (const char letter : folded(name)) {
    if (before == '-' && letter != '-') letters += letter;
    before = letter;
  }
  return letters;
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string_view> known) {
  const std::string wanted = folded(name);
  const std::string letters = wanted.substr(std::min(wanted.find_first_not_of('-'), wanted.size()));
  for (const std::string_view candidate : known)
    if (letters.size() > 1 && letters == initials(candidate)) return std::string{candidate};
  std::string_view nearest;
  std::size_t nearest_distance = 0;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(wanted, folded(candidate));
    const std::size_t allowed = std::max(wanted.size(), candidate.size()) / 3;
    if (distance > allowed || (!nearest.empty() && distance >= nearest_distance)) continue;
    nearest = candidate;
    nearest_distance = distance;
  }
  if (!nearest.empty() || wanted.size() < 3) return std::string{nearest};
  for (const std::string_view candidate : known)
    if (folded(candidate).starts_with(wanted)) return std::string{candidate};
  return {};
}

void throw_unknown_name(std::string_view kind, std::string_view name, std::span<const std::string_view> known) {
  const std::string nearest = nearest_name(name, known);
  const std::string suggestion = nearest.empty() ? std::string{} : fmt::format("; did you mean '{}'?", nearest);
  throw RequestError{fmt::format("unknown {} '{}'; known are {}{}", kind, name, fmt::join(known, ", "), suggestion)};
}

}  // namespace lockstep
