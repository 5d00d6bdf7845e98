// SPDX-License-Identifier: MIT
// Columns by name and position.
#include "io/table_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "core/error.hpp"
#include "core/names.hpp"
#include "io/table_values.hpp"
#include "io/text_format.hpp"

namespace lockstep {
namespace {

char delimiter_of(const std::string& path, const TableForm& form) {
  if (form.delimiter) return *form.delimiter;
  try {
    return detect_delimiter(path);
  } catch (const FileError&) {
    if (!form.one_column) throw;
    return ',';  // cuts nothing; what else is wrong with the file, reading it will tell
  }
}

}  // namespace

TableRows::TableRows(const std::string& path, char delimiter, bool header, std::size_t columns)
    : reader_{path, delimiter}, columns_{columns} {
  if (header) reader_.next();
}

bool TableRows::next() {
  if (!reader_.next()) return false;
  ++row_;
  return true;
}

std::string TableRows::place() const {
  if (reader_.line() == row_) return fmt::format("row {}", row_);
  return fmt::format("row {} (line {})", row_, reader_.line());
}

TableSource::TableSource(std::string path, const TableForm& form)
    : path_{std::move(path)}, delimiter_{delimiter_of(path_, form)} {
  DelimitedReader reader{path_, delimiter_};
  if (!reader.next()) throw FileError{path_, "is empty"};
  const auto fields = reader.fields();
  if (fields.size() < 2 && !form.one_column) {
    throw FileError{path_,
                    fmt::format("its first line has one column when cut at the delimiter {}; a table needs a target "
                                "and a feature at least",
                                name_of_delimiter(delimiter_))};
  }
  header_ = form.header ? *form.header : detect_header(path_, delimiter_);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool named = header_ && !fields[i].empty();
    if (header_ && !named) nameless_.push_back(static_cast<Index>(i));
    if (named && fields[i].size() > longest_name) {
      throw FileError{path_, fmt::format("column name {} has {} bytes ('{}'), and names have at most {}; close a quote "
                                         "that may be open, or say --no-header if the first line is data",
                                         i + 1, fields[i].size(), shortened(fields[i]), longest_name)};
    }
    names_.push_back(named ? std::string{fields[i]} : fmt::format("column{}", i + 1));
    if (!is_utf8(names_.back())) {
      throw FileError{
          path_, fmt::format("column name {} is not UTF-8 text; convert the file (iconv -f latin1 -t utf-8)", i + 1)};
    }
  }
  if (header_ && !reader.next()) {
    throw FileError{path_, "has a header and no rows; add rows (or say --no-header if its only line is data)"};
  }
}

std::vector<std::string> TableSource::warnings() const {
  std::vector<std::string> found;
  if (!header_) return found;
  std::map<std::string, std::vector<Index>> columns_of;
  for (std::size_t i = 0; i < names_.size(); ++i) columns_of[names_[i]].push_back(static_cast<Index>(i) + 1);
  for (const auto& [name, columns] : columns_of) {
    if (columns.size() < 2) continue;
    found.push_back(fmt::format("{}: {} columns have the name '{}' ({}); give each its own", path_, columns.size(),
                                name, fmt::join(columns, ", ")));
  }
  for (const Index column : nameless_) {
    found.push_back(fmt::format("{}: column {} has no name and is called '{}'", path_, column + 1,
                                names_[static_cast<std::size_t>(column)]));
  }
  return found;
}

Index TableSource::column(std::string_view text, std::string_view flag) const {
  const auto found = std::find(names_.begin(), names_.end(), text);
  if (found != names_.end()) {
    const auto again = std::find(found + 1, names_.end(), text);
    if (again == names_.end()) return found - names_.begin();
    throw RequestError{fmt::format("{}: {} has two columns of the name '{}', {} and {}; give the position", flag, path_,
                                   text, found - names_.begin() + 1, again - names_.begin() + 1)};
  }
  const auto columns = static_cast<Index>(names_.size());
  if (text == "last") return columns - 1;
  Index position = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (code == std::errc{} && stop == text.data() + text.size()) {
    if (position >= 1 && position <= columns) return position - 1;
    throw RequestError{fmt::format("{}: {} has no column {}; its columns are 1 to {}", flag, path_, position, columns)};
  }
  if (!header_) {
    throw RequestError{
        fmt::format("{}: {} has no header, so there is no column '{}'; give the position, 1 to {}, or last (if "
                    "its first line does hold names, say --header)",
                    flag, path_, text, columns)};
  }
  const std::vector<std::string_view> known{names_.begin(), names_.end()};
  const std::string nearest = nearest_name(text, known);
  throw RequestError{fmt::format("{}: {} has no column '{}'; {}", flag, path_, text,
                                 nearest.empty() ? fmt::format("its columns are {}", quoted_list(names_))
                                                 : fmt::format("did you mean '{}'?", nearest))};
}

std::string TableSource::place(Index column) const {
  if (!header_) return fmt::format("column {}", column + 1);
  return fmt::format("column {} ('{}')", column + 1, names_[static_cast<std::size_t>(column)]);
}

}  // namespace lockstep
