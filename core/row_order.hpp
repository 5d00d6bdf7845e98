// SPDX-License-Identifier: MIT
// The order in which samples are visited: a stateless permutation, of all rows or of blocks and inside windows of them.
#pragma once

#include "core/random.hpp"
#include "core/types.hpp"

namespace lockstep {

/// A keyed bijection of [0, size): a Feistel network over the next power of two, walked until it falls inside
/// (cycle walking; Black & Rogaway 2002). O(1) expected time and memory.
class Permutation {
 public:
  Permutation(Index size, StreamKey key);
  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] Index operator()(Index position) const;

 private:
  Index size_;
  StreamKey key_;
  unsigned left_bits_;
  unsigned right_bits_;
};

/// How a data set likes to be read: rows come in blocks (HDF5 chunks) and `window` blocks fit in memory together.
/// {1, 0} means random access: any order is as good.
struct ReadPattern {
  Index block = 1;
  Index window = 0;  ///< blocks; 0: all
  friend bool operator==(const ReadPattern&, const ReadPattern&) = default;
};

/// Maps the position in a pass to a row, visiting every row of [0, rows) exactly once.
/// Random access: one permutation of all rows. Otherwise: a permutation of the blocks (the last may be short), cut
/// into windows of `window` blocks, and a permutation of the rows inside each window.
/// Depends on rows, pattern and key alone. Thread-safe.
class RowOrder {
 public:
  RowOrder(Index rows, ReadPattern pattern, StreamKey key);
  [[nodiscard]] Index rows() const noexcept { return rows_; }
  [[nodiscard]] Index operator()(Index position) const;

 private:
  Index rows_;
  ReadPattern pattern_;
  StreamKey key_;
};

}  // namespace lockstep
