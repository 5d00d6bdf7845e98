// SPDX-License-Identifier: MIT
// Sums of 16 rows by up to 6 columns in AVX2 registers: the innermost loop of our own products of floats.
#pragma once

#if defined(__AVX2__) && defined(__FMA__) && !defined(LOCKSTEP_DOUBLE)
#define LOCKSTEP_AVX2_PRODUCT
#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/types.hpp"

namespace lockstep {

inline constexpr Index tile_rows = 16;
/// Twelve registers of sums, two of rows and one of a column's value: nearly all of sixteen.
inline constexpr Index tile_columns = 6;
/// Floats from one term to the next where columns are packed: six and what fills a register.
inline constexpr Index packed_columns = 8;

/// How a tile's sums meet what is stored: they replace it, go on from it, or are complete before they are added to it.
enum class Meeting { replace, go_on, add };

/// `terms` products an element. `rows` are packed, 16 floats a term, aligned. A column's terms lie one after the other
/// (columns `stride` apart), or the columns of a term do (terms `stride` apart).
struct TileOperands {
  const float* rows;
  const float* columns;
  Index stride;
  Index terms;
};

/// The instruction by name: left to choose its forms, GCC 12 copies sums between registers (with four columns at a
/// third less speed).
[[gnu::always_inline]] inline void add_product(__m256& sum, __m256 row, __m256 column) {
  asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(row), "x"(column));
}

/// The sums of one tile, 16 floats for each of its columns at `to + column * stride`. Each is one chain of fused
/// multiply-adds in the order of the terms, so that no bit depends on how a product is cut into tiles and runs.
/// The indices of arrays are template arguments so that the compiler takes the arrays for registers.
template <Meeting meeting, bool packed, std::size_t... j>
[[gnu::always_inline]] inline void sum_tile(const TileOperands& of, float* to, Index stride,
                                            std::index_sequence<j...> /*columns*/) {
  __m256 low[sizeof...(j)];
  __m256 high[sizeof...(j)];
  const auto at = [&](std::size_t column) { return to + static_cast<Index>(column) * stride; };
  if constexpr (meeting == Meeting::go_on)
    ((low[j] = _mm256_loadu_ps(at(j)), high[j] = _mm256_loadu_ps(at(j) + 8)), ...);
  else
    ((low[j] = _mm256_setzero_ps(), high[j] = _mm256_setzero_ps()), ...);

  const Index next = packed ? of.stride : 1;
  const float* rows = of.rows;
  const float* columns = of.columns;              // the first three, by one register and multiples of the stride
  const float* others = columns + 3 * of.stride;  // the others likewise
  const auto step = [&](Index term) __attribute__((always_inline)) {
    const __m256 first = _mm256_load_ps(rows + term * tile_rows);
    const __m256 second = _mm256_load_ps(rows + term * tile_rows + 8);
    const auto meet = [&]<std::size_t c>(std::integral_constant<std::size_t, c> /*column*/)
        __attribute__((always_inline)) {
      constexpr auto column = static_cast<Index>(c);
      const float* value = packed       ? columns + column + term * next
                           : column < 3 ? columns + column * of.stride + term
                                        : others + (column - 3) * of.stride + term;
      const __m256 all = _mm256_broadcast_ss(value);
      add_product(low[c], first, all);
      add_product(high[c], second, all);
    };
    (meet(std::integral_constant<std::size_t, j>{}), ...);
  };
  Index term = 0;
  for (; term + 2 <= of.terms; term += 2) {
    step(0);
    step(1);
    rows += 2 * tile_rows;
    columns += 2 * next;
    others += 2 * next;
  }
  if (term < of.terms) step(0);

  if constexpr (meeting == Meeting::add)
    ((low[j] = _mm256_add_ps(_mm256_loadu_ps(at(j)), low[j]),
      high[j] = _mm256_add_ps(_mm256_loadu_ps(at(j) + 8), high[j])),
     ...);
  ((_mm256_storeu_ps(at(j), low[j]), _mm256_storeu_ps(at(j) + 8, high[j])), ...);
}

/// The same for `columns` columns, 1 to 6.
template <Meeting meeting, bool packed>
void sum_tile(Index columns, const TileOperands& of, float* to, Index stride) {
  switch (columns) {
    case 1:
      return sum_tile<meeting, packed>(of, to, stride, std::make_index_sequence<1>{});
    case 2:
      return sum_tile<meeting, packed>(of, to, stride, std::make_index_sequence<2>{});
    case 3:
      return sum_tile<meeting, packed>(of, to, stride, std::make_index_sequence<3>{});
    case 4:
      return sum_tile<meeting, packed>(of, to, stride, std::make_index_sequence<4>{});
    case 5:
      return sum_tile<meeting, packed>(of, to, stride, std::make_index_sequence<5>{});
    default:
      return sum_tile<meeting, packed>(of, to, stride, std::make_index_sequence<6>{});
  }
}

}  // namespace lockstep
#endif
