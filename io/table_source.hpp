// SPDX-License-Identifier: MIT
// A table of delimited text as rows and named columns, that can be read several times.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/delimited_text.hpp"

namespace lockstep {

/// One pass over the rows of a table, its header skipped.
class TableRows {
 public:
  TableRows(const std::string& path, char delimiter, bool header, std::size_t columns);

  bool next();
  [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return reader_.fields(); }
  /// Has this row another number of fields than the table has columns?
  [[nodiscard]] bool ragged() const noexcept { return reader_.fields().size() != columns_; }
  [[nodiscard]] Index row() const noexcept { return row_; }  ///< counted from 1, without the header
  [[nodiscard]] double fraction() const { return reader_.fraction(); }
  /// "row 4", or "row 4 (line 6)" where the two differ.
  [[nodiscard]] std::string place() const;

 private:
  DelimitedReader reader_;
  std::size_t columns_;
  Index row_ = 0;
};

/// How a table is written.
struct TableForm {
  std::optional<char> delimiter{};  ///< unset: detected
  std::optional<bool> header{};     ///< unset: detected
  bool one_column = false;          ///< is one column enough?
};

class TableSource {
 public:
  /// Looks at the first records.
  /// Throws FileError: see DelimitedReader and detect_delimiter; fewer than two columns; no rows.
  TableSource(std::string path, const TableForm& form);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] char delimiter() const noexcept { return delimiter_; }
  [[nodiscard]] bool header() const noexcept { return header_; }
  /// Names of the header; "column3" where it has none.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] TableRows rows() const { return {path_, delimiter_, header_, names_.size()}; }

  /// What is odd about the header, a sentence each: names that several columns have, columns without a name.
  [[nodiscard]] std::vector<std::string> warnings() const;

  /// The index of the column that `text` means: a name, else a position counted from 1, else "last".
  /// Throws RequestError, as the value of `flag`: none or several of that name (suggests the nearest), position out of
  /// range.
  [[nodiscard]] Index column(std::string_view text, std::string_view flag) const;
  /// "column 3", or "column 3 ('age')" where the table has a header.
  [[nodiscard]] std::string place(Index column) const;

 private:
  std::string path_;
  char delimiter_;
  bool header_ = false;
  std::vector<std::string> names_;
  std::vector<Index> nameless_;  ///< columns that the header leaves empty
};

}  // namespace lockstep
