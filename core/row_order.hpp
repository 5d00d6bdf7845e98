// SPDX-License-Identifier: MIT
// The order in which samples are visited: a stateless permutation, of all rows or of blocks and inside windows of them.
#pragma once

#include <array>
#include <cstdint>

#include "core/random.hpp"
#include "core/types.hpp"

namespace lockstep {

/// A keyed bijection of [0, size): a Feistel network over a grid of about sqrt(size) x sqrt(size) cells, just enough to
/// hold `size`, walked until it falls inside (generalised Feistel with cycle walking; Black & Rogaway 2002).
/// Nearly every position needs one pass; no memory, O(1) time. Thread-safe.
class Permutation {
 public:
  /// `number` tells apart the permutations of one key.
  Permutation(Index size, StreamKey key, std::uint64_t number = 0);
  [[nodiscard]] Index size() const noexcept { return size_; }
  /// The value at `position`, both in [0, size).
  [[nodiscard]] Index operator()(Index position) const;
  /// The inverse: where `value` stands.
  [[nodiscard]] Index position_of(Index value) const;

 private:
  static constexpr std::size_t rounds = 6;
  Index size_;
  std::uint64_t left_size_;  ///< cell = left * right_size_ + right
  std::uint64_t right_size_;
  std::array<std::uint64_t, rounds> round_keys_;
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
  Permutation order_;         ///< of all rows, or of the blocks
  Index window_rows_ = 0;     ///< rows of a window of full blocks; 0: random access
  Index missing_ = 0;         ///< rows that the last block falls short of a full one
  Index short_position_ = 0;  ///< where the last block stands among the permuted blocks
  Index gap_ = 0;             ///< the first position after the window that holds it
};

}  // namespace lockstep
