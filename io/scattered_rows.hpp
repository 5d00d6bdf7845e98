// SPDX-License-Identifier: MIT
// Rows that lie far apart in a file, many at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/types.hpp"
#include "io/file_descriptor.hpp"

namespace lockstep {

/// Reads rows past the page cache, in one system call for many, where the file allows it; else through the page cache,
/// where all are asked for before the first is waited for.
/// For one thread at a time.
class ScatteredRows {
 public:
  struct Layout {
    std::uint64_t offset = 0;  ///< where in the file row 0 begins
    std::size_t row_bytes = 0;
  };

  /// `past_page_cache = false` always takes the other way. Throws FileError.
  ScatteredRows(const std::string& path, Layout layout, bool past_page_cache = true);
  ~ScatteredRows();
  ScatteredRows(const ScatteredRows&) = delete;
  ScatteredRows& operator=(const ScatteredRows&) = delete;

  /// Row rows[k] to `to + k * row_bytes`. Throws FileError: the file was shortened, or its disk failed.
  void read(std::span<const Index> rows, std::byte* to);

  /// Whether the next row will be: false where it was not wanted, or the system turned out to refuse.
  [[nodiscard]] bool reads_past_page_cache() const noexcept { return direct_ != nullptr; }

 private:
  class Direct;
  [[nodiscard]] std::uint64_t offset_of(Index row) const;
  void read_through_page_cache(std::span<const Index> rows, std::byte* to) const;
  void begin_to_read(Index row) const;
  void read_row(Index row, std::byte* to) const;

  std::string path_;
  Layout layout_;
  FileDescriptor file_;
  std::unique_ptr<Direct> direct_;  ///< none where it is refused
};

}  // namespace lockstep
