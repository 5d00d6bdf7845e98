// SPDX-License-Identifier: MIT
// Operands of products in bfloat16, in the order in which the processor's tiles read them.
#pragma once

#include <cassert>

#include "core/bf16_number.hpp"
#include "core/types.hpp"

namespace lockstep {

inline constexpr Index bf16_block_lines = 16;
inline constexpr Index bf16_block_terms = 32;
inline constexpr Index bf16_block_size = bf16_block_lines * bf16_block_terms;  ///< 1 KiB

/// One side of C(i, j) = sum over t of rows(i, t) columns(j, t): a line for each row or column of C, of `terms` terms.
///
/// Lines lie in blocks of 16 lines x 32 terms, one behind the other along the terms. Within a block of the columns'
/// side line follows line; on the rows' side pairs of terms follow each other, each pair of all 16 lines. (The
/// processor's manual calls the two A and B.) Terms that complete the last block are zero; lines that complete the last
/// block hold anything, and what comes of them is not stored.
template <class Side>
struct Bf16Operand {
  Bf16* data = nullptr;
  Index lines = 0;
  Index terms = 0;
  Index blocks = 0;  ///< from 16 lines to the next

  /// The block that holds a line and a term.
  [[nodiscard]] Bf16* block(Index line, Index term) const noexcept {
    return data + (line / bf16_block_lines * blocks + term / bf16_block_terms) * bf16_block_size;
  }
  /// Some lines, from a multiple of 16 on.
  [[nodiscard]] Bf16Operand part(Range some) const noexcept {
    assert(some.begin % bf16_block_lines == 0);
    return {block(some.begin, 0), some.size(), terms, blocks};
  }
};

struct RowsSide {};
struct ColumnsSide {};
using Bf16Rows = Bf16Operand<RowsSide>;
using Bf16Columns = Bf16Operand<ColumnsSide>;

/// Blocks that `terms` terms take.
[[nodiscard]] constexpr Index bf16_blocks(Index terms) noexcept {
  return (terms + bf16_block_terms - 1) / bf16_block_terms;
}

/// Scalars whose memory an operand takes.
[[nodiscard]] constexpr Index bf16_scalars(Index lines, Index terms) noexcept {
  constexpr auto block_scalars =
      static_cast<Index>(static_cast<std::size_t>(bf16_block_size) * sizeof(Bf16) / sizeof(Scalar));
  return (lines + bf16_block_lines - 1) / bf16_block_lines * bf16_blocks(terms) * block_scalars;
}

/// An operand in bf16_scalars(lines, terms) scalars of zeros.
template <class Operand>
[[nodiscard]] Operand bf16_operand(Scalar* memory, Index lines, Index terms) noexcept {
  return {reinterpret_cast<Bf16*>(memory), lines, terms, bf16_blocks(terms)};
}

/// A layer's outputs on one shard (or the shard's inputs) as operands: what the next layer's product reads, what the
/// next layer's gradient reads, and, after backward, the deltas.
struct Bf16Panel {
  Bf16Columns samples;  ///< lines: samples, terms: units; the outputs, after backward the deltas
  Bf16Rows units;       ///< lines: units, terms: samples; the outputs
  Bf16Columns deltas;   ///< lines: units, terms: samples
};

}  // namespace lockstep
