// SPDX-License-Identifier: MIT
// Finding records and fields in a sliding buffer.
#include "io/delimited_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr std::size_t first_buffer_bytes = std::size_t{1} << 20U;
constexpr std::size_t longest_record_bytes = std::size_t{64} << 20U;
constexpr std::size_t first_look_bytes = 4096;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

DelimitedReader::DelimitedReader(const std::string& path, char delimiter)
    : source_{path}, delimiter_{delimiter}, buffer_(first_buffer_bytes) {
  refill();
  if (std::memchr(buffer_.data(), '\0', std::min(end_, first_look_bytes)) != nullptr) {
    throw FileError{
        path, "is not plain text (it holds NUL bytes); a table must be UTF-8 text, not HDF5, UTF-16 or a workbook"};
  }
  require_line_feeds();
  if (std::string_view{buffer_.data(), end_}.starts_with(byte_order_mark)) next_ = byte_order_mark.size();
}

/// Old Macs ended lines by CR alone; taken as LF or CR LF, the whole file would be one line.
void DelimitedReader::require_line_feeds() const {
  const std::string_view text{buffer_.data(), end_};
  if (text.find('\n') != std::string_view::npos || text.find('\r') == std::string_view::npos) return;
  throw FileError{source_.path(),
                  "ends its lines by CR alone, not by LF or CR LF; convert it (tr '\\r' '\\n' < OLD.csv > NEW.csv)"};
}

void DelimitedReader::fail(Index line, const std::string& problem) const {
  throw FileError{source_.path(), fmt::format("line {}: {}", line, problem)};
}

bool DelimitedReader::is_blank(char character) const noexcept {
  return character == ' ' || (character == '\t' && delimiter_ != '\t');
}

/// Reads more behind what is kept from begin_ on; false when the file has no more.
bool DelimitedReader::refill() {
  if (at_end_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    next_ -= std::min(next_, begin_);
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= longest_record_bytes) {
      fail(next_line_, "this record is longer than 64 MiB; is a quote never closed, or is this not a text table?");
    }
    buffer_.resize(buffer_.size() * 2);
  }
  const std::size_t got = source_.read({buffer_.data() + end_, buffer_.size() - end_});
  end_ += got;
  at_end_ = end_ < buffer_.size();
  return got > 0;
}

/// Characters from begin_ to the end of its line, line feed excluded.
std::size_t DelimitedReader::line_length() {
  std::size_t searched = 0;
  while (true) {
    const char* from = buffer_.data() + begin_ + searched;
    const void* found = std::memchr(from, '\n', end_ - begin_ - searched);
    if (found != nullptr) return static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data()) - begin_;
    searched = end_ - begin_;
    if (!refill()) return searched;
  }
}

/// Moves begin_ to the first line that is not blank; false when there is none.
bool DelimitedReader::skip_blank_lines() {
  Index first_blank = 0;
  begin_ = next_;
  while (true) {
    if (begin_ == end_ && !refill()) return false;
    const std::size_t length = line_length();
    const char* line = buffer_.data() + begin_;
    const bool blank = std::all_of(line, line + length, [&](char c) { return is_blank(c) || c == '\r'; });
    if (!blank) break;
    if (first_blank == 0) first_blank = next_line_;
    const bool ended = begin_ + length == end_;
    begin_ = ended ? end_ : begin_ + length + 1;
    next_ = begin_;
    if (!ended) ++next_line_;
  }
  if (first_blank > 0 && record_line_ > 0) {
    fail(first_blank,
         fmt::format("is blank, and more data follow on line {}; in a table every line is one sample. Remove "
                     "blank lines (a file of sequences that blank lines separate cannot be imported)",
                     next_line_));
  }
  return true;
}

bool DelimitedReader::next() {
  fields_.clear();
  extents_.clear();
  if (!skip_blank_lines()) return false;
  record_line_ = next_line_;
  const std::size_t line = line_length();
  std::size_t length = line;
  if (std::memchr(buffer_.data() + begin_, '"', line) == nullptr) {
    split_plain(line);
  } else {
    length = split_quoted();
  }
  const char* record = buffer_.data() + begin_;
  if (std::memchr(record, '\0', length) != nullptr) {
    fail(record_line_, "holds a NUL byte, which no text has; the file is damaged");
  }
  next_line_ += 1 + std::count(record, record + length, '\n');
  next_ = std::min(begin_ + length + 1, end_);
  publish_fields();
  return true;
}

/// Adds the field [begin, end), relative to begin_, without the blanks around it.
void DelimitedReader::add_trimmed(std::size_t begin, std::size_t end) {
  const char* record = buffer_.data() + begin_;
  while (begin < end && is_blank(record[begin])) ++begin;
  while (end > begin && (is_blank(record[end - 1]) || record[end - 1] == '\r')) --end;
  extents_.push_back({begin, end, false});
}

/// A record without quotes, which is one line.
void DelimitedReader::split_plain(std::size_t length) {
  const char* record = buffer_.data() + begin_;
  if (delimiter_ == blanks) {
    const auto separates = [&](std::size_t place) { return is_blank(record[place]) || record[place] == '\r'; };
    for (std::size_t place = 0; place < length;) {
      while (place < length && separates(place)) ++place;
      const std::size_t begin = place;
      while (place < length && !separates(place)) ++place;
      if (place > begin) extents_.push_back({begin, place, false});
    }
    return;
  }
  std::size_t begin = 0;
  while (const void* found = std::memchr(record + begin, delimiter_, length - begin)) {
    const auto place = static_cast<std::size_t>(static_cast<const char*>(found) - record);
    add_trimmed(begin, place);
    begin = place + 1;
  }
  add_trimmed(begin, length);
}

/// A record with quotes, which may span lines; returns its length. Reads on and starts again where the buffer ends
/// before.
std::size_t DelimitedReader::split_quoted() {
  while (true) {
    std::size_t place = 0;
    extents_.clear();
    const bool whole = at_end_;
    if (scan_record(place)) return place;
    if (whole) fail(record_line_, "a quote is opened and never closed; double a quote that is meant as a character");
    refill();
  }
}

/// Scans fields up to the line feed that ends the record; false when the bytes read so far do not hold all of it.
bool DelimitedReader::scan_record(std::size_t& place) {
  const std::size_t length = end_ - begin_;
  const auto at = [&](std::size_t i) { return i < length ? buffer_[begin_ + i] : '\n'; };
  while (true) {
    while (place < length && is_blank(at(place))) ++place;
    if (at(place) == '"') {
      if (!scan_quoted(place)) return false;
      while (place < length && (is_blank(at(place)) || at(place) == '\r')) ++place;
    } else if (delimiter_ != blanks || (at(place) != '\n' && at(place) != '\r')) {
      const std::size_t begin = place;
      const auto ends = [&](char c) { return c == '\n' || c == delimiter_ || (delimiter_ == blanks && is_blank(c)); };
      while (!ends(at(place))) ++place;
      add_trimmed(begin, place);
    } else if (at(place) == '\r') {
      ++place;
    }
    if (place >= length && !at_end_) return false;
    if (at(place) == '\n') return true;
    if (delimiter_ != blanks) ++place;
  }
}

/// A quoted field, from its opening quote to behind the closing one; false when the bytes read so far do not hold it.
bool DelimitedReader::scan_quoted(std::size_t& place) {
  const char* record = buffer_.data() + begin_;
  const std::size_t length = end_ - begin_;
  Extent field{.begin = ++place};
  while (true) {
    while (place < length && record[place] != '"') ++place;
    if (place >= length || (place + 1 == length && !at_end_)) return false;
    if (place + 1 == length || record[place + 1] != '"') break;
    field.doubled = true;
    place += 2;
  }
  field.end = place++;
  extents_.push_back(field);
  std::size_t after = place;
  while (after < length && (is_blank(record[after]) || record[after] == '\r')) ++after;
  const bool blank_between = delimiter_ == blanks && after > place;
  if (after < length && record[after] != '\n' && record[after] != delimiter_ && !blank_between) {
    const auto breaks = std::count(record, record + place, '\n');
    fail(record_line_ + breaks, "text follows a closing quote; double a quote that is meant as a character");
  }
  return true;
}

/// Undoubles quotes and makes the views.
void DelimitedReader::publish_fields() {
  for (const Extent& extent : extents_) {
    char* field = buffer_.data() + begin_ + extent.begin;
    std::size_t size = extent.end - extent.begin;
    if (extent.doubled) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < size; ++i) {
        field[kept++] = field[i];
        if (field[i] == '"') ++i;
      }
      size = kept;
    }
    fields_.emplace_back(field, size);
  }
}

}  // namespace lockstep
