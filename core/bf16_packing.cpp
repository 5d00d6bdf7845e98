// SPDX-License-Identifier: MIT
// Rounding 16 floats at a time, and turning blocks in registers.
#include "core/bf16_packing.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "core/bf16_intrinsics.hpp"

namespace lockstep {

#ifdef LOCKSTEP_BF16
namespace {

constexpr Index lanes = 16;
constexpr Index pairs = bf16_block_terms / 2;
using Block = __m512i[pairs];  ///< a block of an operand: 16 registers of 16 pairs

/// Rows [row, row + 16) of a column, zeros beyond the last.
__m512 run(const Bf16Source& from, Index row, Index column) {
  if (column >= from.columns || row >= from.rows) return _mm512_setzero_ps();
  const Index count = std::min(lanes, from.rows - row);
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << count) - 1U), from.data + column * from.stride + row);
}

/// 32 bfloat16: the first run, then the second.
__m512i rounded(__m512 first, __m512 second) { return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first)); }

/// 16 pairs, an element of each run.
__m512i interleaved(__m512 first, __m512 second) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_permutexvar_epi16(order, rounded(first, second));
}

/// Turns 16 x 16 pairs: pair j of register i changes places with pair i of register j.
void turn(Block& block) {
  Block half;
  for (Index i = 0; i < pairs; i += 2) {
    half[i] = _mm512_unpacklo_epi32(block[i], block[i + 1]);
    half[i + 1] = _mm512_unpackhi_epi32(block[i], block[i + 1]);
  }
  Block quarter;
  for (Index i = 0; i < pairs; i += 4)
    for (Index j = 0; j < 2; ++j) {
      quarter[i + 2 * j] = _mm512_unpacklo_epi64(half[i + j], half[i + j + 2]);
      quarter[i + 2 * j + 1] = _mm512_unpackhi_epi64(half[i + j], half[i + j + 2]);
    }
  for (Index j = 0; j < 4; ++j) {
    const __m512i even_low = _mm512_shuffle_i32x4(quarter[j], quarter[4 + j], 0x88);
    const __m512i odd_low = _mm512_shuffle_i32x4(quarter[j], quarter[4 + j], 0xDD);
    const __m512i even_high = _mm512_shuffle_i32x4(quarter[8 + j], quarter[12 + j], 0x88);
    const __m512i odd_high = _mm512_shuffle_i32x4(quarter[8 + j], quarter[12 + j], 0xDD);
    block[j] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    block[8 + j] = _mm512_shuffle_i32x4(even_low, even_high, 0xDD);
    block[4 + j] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    block[12 + j] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xDD);
  }
}

void store(const Block& block, Bf16* to) {
  for (Index i = 0; i < pairs; ++i) _mm512_store_si512(to + 2 * lanes * i, block[i]);
}

/// Rows [row, row + 16) of 32 columns as pairs of columns.
void load_pairs(const Bf16Source& from, Index row, Index column, Block& block) {
  for (Index pair = 0; pair < pairs; ++pair)
    block[pair] = interleaved(run(from, row, column + 2 * pair), run(from, row, column + 2 * pair + 1));
}

/// A line for each row. `finish(block)` brings pairs of columns into the order of the operand's side.
template <class Operand, class Finish>
void pack_pairs(const Bf16Source& from, Operand to, const Finish& finish) {
  if (to.data == nullptr) return;
  assert(from.first_row % bf16_block_lines == 0 && from.first_column % bf16_block_terms == 0);
  for (Index row = 0; row < from.rows; row += bf16_block_lines)
    for (Index column = 0; column < from.columns; column += bf16_block_terms) {
      Block block;
      load_pairs(from, row, column, block);
      finish(block);
      store(block, to.block(from.first_row + row, from.first_column + column));
    }
}

}  // namespace

void pack_columns(const Bf16Source& from, Bf16Columns to) {
  if (to.data == nullptr) return;
  assert(from.first_row % lanes == 0);
  for (Index column = 0; column < from.columns; ++column) {
    const Index line = from.first_column + column;
    Bf16* const first = to.block(line, from.first_row) + line % bf16_block_lines * bf16_block_terms;
    for (Index row = 0; row < from.rows; row += lanes) {
      const Index term = from.first_row % bf16_block_terms + row;  // from the first block's first
      Bf16* const place = first + term / bf16_block_terms * bf16_block_size + term % bf16_block_terms;
      _mm256_store_si256(reinterpret_cast<__m256i*>(place),
                         reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(run(from, row, column))));
    }
  }
}

void pack_columns(const Bf16Source& from, Bf16Rows to) {
  if (to.data == nullptr) return;
  assert(from.first_row % bf16_block_terms == 0 && from.first_column % bf16_block_lines == 0);
  for (Index column = 0; column < from.columns; column += bf16_block_lines)
    for (Index row = 0; row < from.rows; row += bf16_block_terms) {
      Block block;
      for (Index line = 0; line < bf16_block_lines; ++line)
        block[line] = rounded(run(from, row, column + line), run(from, row + lanes, column + line));
      turn(block);
      store(block, to.block(from.first_column + column, from.first_row + row));
    }
}

void pack_rows(const Bf16Source& from, Bf16Rows to) {
  pack_pairs(from, to, [](Block& /*block*/) {});
}

void pack_rows(const Bf16Source& from, Bf16Columns to) {
  pack_pairs(from, to, [](Block& block) { turn(block); });
}

#else

void pack_columns(const Bf16Source& /*from*/, Bf16Columns /*to*/) { assert(false && "no bfloat16 in this build"); }
void pack_columns(const Bf16Source& /*from*/, Bf16Rows /*to*/) { assert(false && "no bfloat16 in this build"); }
void pack_rows(const Bf16Source& /*from*/, Bf16Rows /*to*/) { assert(false && "no bfloat16 in this build"); }
void pack_rows(const Bf16Source& /*from*/, Bf16Columns /*to*/) { assert(false && "no bfloat16 in this build"); }

#endif

namespace {

/// body(part) for columns `columns` of a panel, some at a time.
template <class Body>
void for_each_part(ConstPanel panel, Range rows, Range columns, const Body& body) {
  for (Index first = columns.begin; first < columns.end; first += bf16_packed_columns)
    body(Bf16Source{.data = panel.column(first) + rows.begin,
                    .rows = rows.size(),
                    .columns = std::min(bf16_packed_columns, columns.end - first),
                    .stride = panel.stride,
                    .first_row = rows.begin,
                    .first_column = first});
}

}  // namespace

void pack_outputs(ConstPanel outputs, Range rows, Range columns, const Bf16Panel& to) {
  for_each_part(outputs, rows, columns, [&](const Bf16Source& part) {
    pack_columns(part, to.samples);
    pack_rows(part, to.units);
  });
}

void pack_deltas(ConstPanel deltas, Range rows, Range columns, const Bf16Panel& to) {
  for_each_part(deltas, rows, columns, [&](const Bf16Source& part) {
    pack_columns(part, to.samples);
    pack_rows(part, to.deltas);
  });
}

}  // namespace lockstep
