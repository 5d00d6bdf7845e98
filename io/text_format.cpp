// SPDX-License-Identifier: MIT
// Guessing from the first lines.
#include "io/text_format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "io/table_values.hpp"

namespace lockstep {
namespace {

constexpr int sampled_records = 100;
constexpr std::array<std::pair<std::string_view, char>, 4> delimiters{
    {{"tab", '\t'}, {"semicolon", ';'}, {"comma", ','}, {"blanks", blanks}}};

/// How a delimiter cuts the first records.
struct Cut {
  std::size_t fields = 0;  ///< of the first record
  int alike = 0;           ///< records with as many, from the first on
  int records = 0;
};

Cut cut_by(const std::string& path, char delimiter) {
  DelimitedReader reader{path, delimiter};
  Cut cut;
  try {
    while (cut.records < sampled_records && reader.next()) {
      if (cut.records++ == 0) cut.fields = reader.fields().size();
      if (reader.fields().size() == cut.fields) ++cut.alike;
    }
  } catch (const FileError&) {
    // Quotes that make no sense with this delimiter make it less likely; what is wrong under all four, the import
    // reports.
    ++cut.records;
  }
  return cut;
}

}  // namespace

char delimiter_named(std::string_view name) {
  for (const auto& [known, character] : delimiters) {
    if (name == known) return character;
  }
  const bool usable = name.size() == 1 && name[0] != '"' && name[0] != '\n' && name[0] != '\r' && name[0] != '\0';
  if (usable) return name[0];
  if (name == "\\t") return '\t';
  throw RequestError{fmt::format("--delimiter: '{}' is none of comma, semicolon, tab, blanks, or one character", name)};
}

std::string name_of_delimiter(char delimiter) {
  for (const auto& [known, character] : delimiters) {
    if (character == delimiter) return std::string{known};
  }
  return {delimiter};
}

char detect_delimiter(const std::string& path) {
  std::optional<char> best;
  int most_alike = 0;
  bool empty = true;
  for (const auto& [name, character] : delimiters) {
    const Cut cut = cut_by(path, character);
    if (cut.records > 0) empty = false;
    if (cut.fields < 2) continue;
    if (cut.alike == cut.records) return character;
    if (cut.alike > most_alike) {
      most_alike = cut.alike;
      best = character;
    }
  }
  if (empty) throw FileError{path, "is empty"};
  if (best) return *best;
  DelimitedReader{path, ','}.next();
  throw FileError{path,
                  "no tab, semicolon, comma or blank cuts its first line into columns; say which character "
                  "does by --delimiter"};
}

bool detect_header(const std::string& path, char delimiter) {
  DelimitedReader reader{path, delimiter};
  if (!reader.next()) return false;
  const std::vector<std::string> first{reader.fields().begin(), reader.fields().end()};
  const auto could_be_name = [](const std::string& field) {
    return field.empty() || (!is_missing(field) && parse_number(field).kind == NumberKind::text);
  };
  if (!std::all_of(first.begin(), first.end(), could_be_name)) return false;
  if (std::all_of(first.begin(), first.end(), [](const std::string& field) { return field.empty(); })) return false;

  std::vector<int> numbers(first.size());
  std::vector<int> texts(first.size());
  bool repeats = false;
  for (int records = 0; records < sampled_records && reader.next(); ++records) {
    for (std::size_t i = 0; i < std::min(first.size(), reader.fields().size()); ++i) {
      const std::string_view field = reader.fields()[i];
      if (is_missing(field)) continue;
      repeats = repeats || field == first[i];
      ++(parse_number(field).kind == NumberKind::text ? texts : numbers)[i];
    }
  }
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (numbers[i] > 0 && texts[i] == 0) return true;
  }
  return !repeats;
}

}  // namespace lockstep
