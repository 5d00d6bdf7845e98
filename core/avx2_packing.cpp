// SPDX-License-Identifier: MIT
// Copies, and blocks of 8 x 8 turned in registers.
#include "core/avx2_packing.hpp"

#ifdef LOCKSTEP_AVX2_PRODUCT
#include <algorithm>
#include <array>

namespace lockstep {
namespace {

constexpr Index block = 8;
using Pointers = std::array<const float*, block>;

/// to[j * stride + i] = from[i][j].
void turn_block(const Pointers& from, float* to, Index stride) {
  __m256 pairs[8];
  for (std::size_t i = 0; i < 8; i += 2) {
    const __m256 even = _mm256_loadu_ps(from[i]);
    const __m256 odd = _mm256_loadu_ps(from[i + 1]);
    pairs[i] = _mm256_unpacklo_ps(even, odd);
    pairs[i + 1] = _mm256_unpackhi_ps(even, odd);
  }
  __m256 quads[8];
  for (std::size_t half = 0; half < 8; half += 4) {
    quads[half] = _mm256_shuffle_ps(pairs[half], pairs[half + 2], 0x44);
    quads[half + 1] = _mm256_shuffle_ps(pairs[half], pairs[half + 2], 0xEE);
    quads[half + 2] = _mm256_shuffle_ps(pairs[half + 1], pairs[half + 3], 0x44);
    quads[half + 3] = _mm256_shuffle_ps(pairs[half + 1], pairs[half + 3], 0xEE);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const auto row = static_cast<Index>(i);
    _mm256_storeu_ps(to + row * stride, _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20));
    _mm256_storeu_ps(to + (row + 4) * stride, _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31));
  }
}

/// Eight lines from `first` on; beyond the last it is repeated.
Pointers eight_of(const Lines& lines, Index first) {
  Pointers at{};
  for (Index i = 0; i < block; ++i)
    at[static_cast<std::size_t>(i)] = lines.data + std::min(first + i, lines.count - 1) * lines.stride;
  return at;
}

}  // namespace

void pack_neighbours(const Lines& from, Index terms, float* to) {
  const Index whole = from.count / tile_rows;
  const Index rest = from.count % tile_rows;
  const Index panel = panel_floats(terms);
  for (Index term = 0; term < terms; ++term) {
    const float* line = from.data + term * from.stride;
    float* packed = to + term * tile_rows;
    for (Index i = 0; i < whole; ++i, line += tile_rows, packed += panel) {
      _mm256_store_ps(packed, _mm256_loadu_ps(line));
      _mm256_store_ps(packed + block, _mm256_loadu_ps(line + block));
    }
    if (rest > 0) std::fill(std::copy_n(line, rest, packed), packed + tile_rows, 0.0F);
  }
}

void pack_turned(const Lines& from, Index terms, float* to) {
  const Index whole = terms / block * block;
  for (Index first = 0; first < panel_count(from.count) * tile_rows; first += block) {
    float* packed = to + first / tile_rows * panel_floats(terms) + first % tile_rows;
    Pointers at = eight_of(from, first);
    for (Index term = 0; term < whole; term += block) {
      turn_block(at, packed + term * tile_rows, tile_rows);
      for (const float*& line : at) line += block;
    }
    for (Index term = whole; term < terms; ++term)
      for (Index i = 0; i < block; ++i) packed[term * tile_rows + i] = *at[static_cast<std::size_t>(i)]++;
  }
}

void pack_columns(const Lines& from, Index terms, float* to) {
  const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(from.count)), places);
  for (Index term = 0; term < terms; ++term)
    _mm256_store_ps(to + term * packed_columns, _mm256_maskload_ps(from.data + term * from.stride, mask));
}

void turn_back(const float* from, Index lines, Index units, float* to, Index stride) {
  const Index whole_lines = lines / block * block;
  const Index whole_units = units / block * block;
  for (Index line = 0; line < whole_lines; line += block)
    for (Index unit = 0; unit < whole_units; unit += block)
      turn_block(eight_of({from + unit * tile_rows + line, tile_rows, block}, 0), to + line * stride + unit, stride);
  for (Index line = 0; line < lines; ++line)
    for (Index unit = line < whole_lines ? whole_units : 0; unit < units; ++unit)
      to[line * stride + unit] = from[unit * tile_rows + line];
}

}  // namespace lockstep
#endif
