// SPDX-License-Identifier: MIT
// The permutation's rounds, and windows of blocks with one that may be short.
#include "core/row_order.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace lockstep {
namespace {

/// The smallest s with s * s >= size.
std::uint64_t grid_side(Index size) {
  const auto wanted = static_cast<std::uint64_t>(size);
  auto side = static_cast<std::uint64_t>(std::sqrt(static_cast<double>(wanted)));
  while (side * side < wanted) ++side;
  while (side > 1 && (side - 1) * (side - 1) >= wanted) --side;
  return side;
}

/// Hashes `half` under a key to [0, modulus): multiply, fold, multiply; the high bits of the last product, scaled.
std::uint64_t round_value(std::uint64_t half, std::uint64_t key, std::uint64_t modulus) {
  std::uint64_t hash = half * 0x9E3779B97F4A7C15U + key;
  hash ^= hash >> 32U;
  hash *= 0xD6E8FEB86659FD93U;
  return ((hash >> 32U) * modulus) >> 32U;
}

std::uint64_t add_modulo(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) {
  const std::uint64_t sum = a + b;
  return sum >= modulus ? sum - modulus : sum;
}

std::uint64_t subtract_modulo(std::uint64_t a, std::uint64_t b, std::uint64_t modulus) {
  return a >= b ? a - b : a + modulus - b;
}

Index blocks_of(Index rows, Index block) { return (rows + block - 1) / block; }

bool by_windows(ReadPattern pattern, Index rows) {
  return pattern.window > 0 && (pattern.block > 1 || pattern.window > 1) &&
         pattern.window < blocks_of(rows, pattern.block);
}

}  // namespace

Permutation::Permutation(Index size, StreamKey key, std::uint64_t number) : size_{size} {
  assert(size >= 0);
  left_size_ = std::max<std::uint64_t>(1, grid_side(size));
  right_size_ = std::max<std::uint64_t>(1, (static_cast<std::uint64_t>(size) + left_size_ - 1) / left_size_);
  const auto words = random_words(key, number);
  const std::uint64_t first = words[0] | std::uint64_t{words[1]} << 32U;
  const std::uint64_t difference = words[2] | std::uint64_t{words[3]} << 32U | 1U;
  for (std::size_t round = 0; round < rounds; ++round) round_keys_[round] = first + round * difference;
}

Index Permutation::operator()(Index position) const {
  assert(position >= 0 && position < size_);
  auto cell = static_cast<std::uint64_t>(position);
  do {
    std::uint64_t left = cell / right_size_;
    std::uint64_t right = cell % right_size_;
    for (std::size_t round = 0; round < rounds; round += 2) {
      left = add_modulo(left, round_value(right, round_keys_[round], left_size_), left_size_);
      right = add_modulo(right, round_value(left, round_keys_[round + 1], right_size_), right_size_);
    }
    cell = left * right_size_ + right;
  } while (cell >= static_cast<std::uint64_t>(size_));
  return static_cast<Index>(cell);
}

Index Permutation::position_of(Index value) const {
  assert(value >= 0 && value < size_);
  auto cell = static_cast<std::uint64_t>(value);
  do {
    std::uint64_t left = cell / right_size_;
    std::uint64_t right = cell % right_size_;
    for (std::size_t round = rounds; round > 0; round -= 2) {
      right = subtract_modulo(right, round_value(left, round_keys_[round - 1], right_size_), right_size_);
      left = subtract_modulo(left, round_value(right, round_keys_[round - 2], left_size_), left_size_);
    }
    cell = left * right_size_ + right;
  } while (cell >= static_cast<std::uint64_t>(size_));
  return static_cast<Index>(cell);
}

RowOrder::RowOrder(Index rows, ReadPattern pattern, StreamKey key)
    : rows_{rows},
      pattern_{pattern},
      key_{key},
      order_{by_windows(pattern, rows) ? blocks_of(rows, pattern.block) : rows, key} {
  assert(rows >= 0 && pattern.block >= 1 && pattern.window >= 0);
  if (!by_windows(pattern, rows)) return;
  window_rows_ = pattern.window * pattern.block;
  missing_ = order_.size() * pattern.block - rows;
  short_position_ = order_.position_of(order_.size() - 1);
  const Index short_window = short_position_ / pattern.window;
  gap_ = std::min((short_window + 1) * window_rows_, order_.size() * pattern.block) - missing_;
}

Index RowOrder::operator()(Index position) const {
  assert(position >= 0 && position < rows_);
  if (window_rows_ == 0) return order_(position);
  // Positions as if all blocks were full: the missing rows are a gap at the end of the short block's window.
  const Index spread = position < gap_ ? position : position + missing_;
  const Index window = spread / window_rows_;
  const Index first_block = window * pattern_.window;
  const Index blocks = std::min(pattern_.window, order_.size() - first_block);
  const Index short_block = short_position_ - first_block;
  const bool has_short_block = short_block >= 0 && short_block < blocks;
  const Index size = blocks * pattern_.block - (has_short_block ? missing_ : 0);
  // Number 0 of the key permutes the blocks.
  const Permutation inside{size, key_, static_cast<std::uint64_t>(window) + 1};
  Index row = inside(spread % window_rows_);
  if (has_short_block && row >= (short_block + 1) * pattern_.block - missing_) row += missing_;
  return order_(first_block + row / pattern_.block) * pattern_.block + row % pattern_.block;
}

}  // namespace lockstep
