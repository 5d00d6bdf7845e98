// SPDX-License-Identifier: MIT
// Rows on their way to an HDF5 array, in bounded memory.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5_array.hpp"
#include "io/row_spool.hpp"

namespace lockstep {

/// Gathers rows into blocks and writes them as they come where their number is known or chunks may grow; else they wait
/// in a spool beside the file and are copied at the end.
class RowOutput {
 public:
  /// `shape.front()` is the number of rows, 0 when it is not known. The file must stay where it is.
  RowOutput(const Hdf5File& file, std::string name, std::vector<Index> shape, Element element, ArrayLayout layout = {});

  /// Appends whole rows, in C order. Throws FileError: more rows than were announced, or they cannot be written.
  void append(std::span<const std::byte> bytes);

  [[nodiscard]] Index rows() const noexcept { return written_ + static_cast<Index>(pending_.size()) / row_bytes_; }
  /// 0 when it is not known.
  [[nodiscard]] Index announced() const noexcept { return shape_.front(); }

  /// Writes what is left, and closes the array. Throws FileError.
  void finish();

 private:
  void create(Index rows);
  void write(std::span<const std::byte> bytes);

  const Hdf5File& file_;
  std::string name_;
  std::vector<Index> shape_;
  Element element_;
  ArrayLayout layout_;
  Index row_bytes_ = 1;
  std::size_t block_bytes_ = 1;
  std::optional<Hdf5Array> array_;
  std::optional<RowSpool> spool_;
  std::vector<std::byte> pending_;  ///< rows not yet written
  Index written_ = 0;               ///< rows written or spooled
};

}  // namespace lockstep
