// SPDX-License-Identifier: MIT
// Tiles of dot products in AVX-512 registers.
#include "core/narrow_product.hpp"

#include <algorithm>

#if defined(__AVX512F__) && !defined(LOCKSTEP_DOUBLE)
#define LOCKSTEP_NARROW_PRODUCT
#include <immintrin.h>
#endif

namespace lockstep {

#ifdef LOCKSTEP_NARROW_PRODUCT
namespace {

constexpr Index most_columns = 64;
constexpr Index lanes = 16;
constexpr Index side = 4;  // of a tile: 16 sums, 4 columns of either operand in registers

/// Four columns; those beyond the last repeat it, and what comes of them is not stored.
struct Columns {
  const float* at[side];

  Columns(const float* data, Index stride, Index first, Index count) {
    for (Index i = 0; i < side; ++i) at[i] = data + std::min(first + i, count - 1) * stride;
  }
};

/// Element 4 s + u is the sum of the lanes of sums[u][s]: halves onto each other, 8, 4, 2, 1.
__m512 sums_of_lanes(const __m512 (&sums)[side][side]) {
  __m512 quads[side];
  for (Index u = 0; u < side; ++u) {
    const __m512 first = _mm512_add_ps(_mm512_shuffle_f32x4(sums[u][0], sums[u][1], 0x44),
                                       _mm512_shuffle_f32x4(sums[u][0], sums[u][1], 0xEE));
    const __m512 second = _mm512_add_ps(_mm512_shuffle_f32x4(sums[u][2], sums[u][3], 0x44),
                                        _mm512_shuffle_f32x4(sums[u][2], sums[u][3], 0xEE));
    quads[u] = _mm512_add_ps(_mm512_shuffle_f32x4(first, second, 0x88), _mm512_shuffle_f32x4(first, second, 0xDD));
  }
  const __m512 low =
      _mm512_add_ps(_mm512_shuffle_ps(quads[0], quads[1], 0x44), _mm512_shuffle_ps(quads[0], quads[1], 0xEE));
  const __m512 high =
      _mm512_add_ps(_mm512_shuffle_ps(quads[2], quads[3], 0x44), _mm512_shuffle_ps(quads[2], quads[3], 0xEE));
  return _mm512_add_ps(_mm512_shuffle_ps(low, high, 0x88), _mm512_shuffle_ps(low, high, 0xDD));
}

/// The 16 dot products of four columns of A with four of B.
__m512 tile(const Columns& a, const Columns& b, Index k) {
  __m512 sums[side][side];
  for (auto& row : sums)
    for (__m512& sum : row) sum = _mm512_setzero_ps();
  const auto add = [&](Index start, __mmask16 mask) {
    __m512 values[side];
    for (Index u = 0; u < side; ++u) values[u] = _mm512_maskz_loadu_ps(mask, a.at[u] + start);
    for (Index s = 0; s < side; ++s) {
      const __m512 other = _mm512_maskz_loadu_ps(mask, b.at[s] + start);
      for (Index u = 0; u < side; ++u) sums[u][s] = _mm512_fmadd_ps(values[u], other, sums[u][s]);
    }
  };
  const Index whole = k / lanes * lanes;
  for (Index start = 0; start < whole; start += lanes) add(start, 0xFFFF);
  if (whole < k) add(whole, static_cast<__mmask16>((1U << (k - whole)) - 1U));
  return sums_of_lanes(sums);
}

}  // namespace

bool is_narrow(const Product& product) noexcept {
  return product.transpose_a == Transpose::yes && product.transpose_b == Transpose::no && product.n <= most_columns &&
         !product.accumulate;
}

void multiply_narrow(const Product& product) {
  alignas(64) float sums[side * side];
  for (Index u = 0; u < product.m; u += side) {
    const Columns a{product.a, product.lda, u, product.m};
    for (Index s = 0; s < product.n; s += side) {
      _mm512_store_ps(sums, tile(a, {product.b, product.ldb, s, product.n}, product.k));
      for (Index i = 0; i < std::min(side, product.n - s); ++i)
        std::copy_n(sums + side * i, std::min(side, product.m - u), product.c + u + (s + i) * product.ldc);
    }
  }
}

#else

bool is_narrow(const Product& /*product*/) noexcept { return false; }
void multiply_narrow(const Product& /*product*/) {}

#endif

}  // namespace lockstep
