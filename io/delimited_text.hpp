// SPDX-License-Identifier: MIT
// Delimited text, record by record: commas, semicolons, tabs or blanks, with quotes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.hpp"
#include "io/byte_source.hpp"

namespace lockstep {

/// The delimiter that stands for runs of spaces and tabs, which may also lead and trail.
inline constexpr char blanks = ' ';

/// Reads records one after the other in bounded memory; the file may be gzip-compressed.
///
/// A record is a line, ended by LF or CR LF; a byte order mark of UTF-8 before the first is dropped. Fields are trimmed
/// of blanks, unless quoted by `"`: then delimiters, line breaks and blanks inside belong to the field, and `""` stands
/// for one quote. A quote inside an unquoted field is an ordinary character. Blank lines may come before the first
/// record and after the last; between records they are an error, because they separate something that a table has not.
class DelimitedReader {
 public:
  /// Throws FileError when the file cannot be read, does not begin as text, or ends its lines by CR alone.
  DelimitedReader(const std::string& path, char delimiter);

  /// Goes to the next record; false at the end. Throws FileError that names the line: a quote never closed, text after
  /// a closing quote, a NUL byte (not text), a blank line between records, a record of more than 64 MiB.
  bool next();

  /// The fields of the record. Valid until `next` is called again.
  [[nodiscard]] std::span<const std::string_view> fields() const noexcept { return fields_; }
  /// The line on which the record begins, counted from 1.
  [[nodiscard]] Index line() const noexcept { return record_line_; }
  [[nodiscard]] double fraction() const { return source_.fraction(); }

 private:
  /// A field as it lies in the buffer, relative to the record; quotes inside are still doubled when `doubled`.
  struct Extent {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool doubled = false;
  };

  void require_line_feeds() const;
  bool refill();
  std::size_t line_length();
  bool skip_blank_lines();
  void split_plain(std::size_t length);
  std::size_t split_quoted();
  bool scan_record(std::size_t& place);
  bool scan_quoted(std::size_t& place);
  void add_trimmed(std::size_t begin, std::size_t end);
  void publish_fields();
  [[nodiscard]] bool is_blank(char character) const noexcept;
  [[noreturn]] void fail(Index line, const std::string& problem) const;

  ByteSource source_;
  char delimiter_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< of the record, in the buffer
  std::size_t end_ = 0;    ///< of the bytes read
  std::size_t next_ = 0;   ///< of the record that follows
  bool at_end_ = false;    ///< the file has no more bytes
  Index next_line_ = 1;    ///< where next_ lies
  Index record_line_ = 0;
  std::vector<Extent> extents_;
  std::vector<std::string_view> fields_;
};

}  // namespace lockstep
