// SPDX-License-Identifier: MIT
// Tiles of dot products in AVX-512 registers.
#include "core/narrow_product.hpp"

#include <algorithm>
#include <cstring>

#if defined(__AVX512F__) && defined(__AVX512VL__) && !defined(LOCKSTEP_DOUBLE)
#define LOCKSTEP_NARROW_PRODUCT
#include <immintrin.h>
#endif

namespace lockstep {

#ifdef LOCKSTEP_NARROW_PRODUCT
namespace {

constexpr Index most_columns = 64;
constexpr Index lanes = 16;
// A tile of 6 columns of A with 4 of B: 24 sums and what is loaded fill the 32 registers. B is the operand that streams
// from the second-level cache, so each of its columns should meet many of A.
constexpr Index a_side = 6;
constexpr Index b_side = 4;
constexpr Index run = 1024;  ///< of k: what a tile reads of it fits into the first-level cache

/// Some columns; those beyond the last repeat it, and what comes of them is not stored.
template <Index side>
struct Columns {
  const float* at[static_cast<std::size_t>(side)];

  Columns(const float* data, Index stride, Index first, Index count) {
    for (Index i = 0; i < side; ++i) at[i] = data + std::min(first + i, count - 1) * stride;
  }
};

/// Lanes 4 s to 4 s + 3 are what is left of those of sums[s]: halves onto each other, 8, then 4.
__m512 quads_of(const __m512 (&sums)[b_side]) {
  const __m512 first =
      _mm512_add_ps(_mm512_shuffle_f32x4(sums[0], sums[1], 0x44), _mm512_shuffle_f32x4(sums[0], sums[1], 0xEE));
  const __m512 second =
      _mm512_add_ps(_mm512_shuffle_f32x4(sums[2], sums[3], 0x44), _mm512_shuffle_f32x4(sums[2], sums[3], 0xEE));
  return _mm512_add_ps(_mm512_shuffle_f32x4(first, second, 0x88), _mm512_shuffle_f32x4(first, second, 0xDD));
}

/// Pairs of quads, 2 onto 2 lanes.
__m512 pairs_of(__m512 first, __m512 second) {
  return _mm512_add_ps(_mm512_shuffle_ps(first, second, 0x44), _mm512_shuffle_ps(first, second, 0xEE));
}

/// Element 4 s + u is the whole sum of what began as sums[u][s], u of the four in two pairs.
__m512 sums_of(__m512 low, __m512 high) {
  return _mm512_add_ps(_mm512_shuffle_ps(low, high, 0x88), _mm512_shuffle_ps(low, high, 0xDD));
}

/// The lanes of the 24 dot products of six columns of A with four of B.
using Sums = __m512[a_side][b_side];

/// Goes on with the sums over [begin, end) of the columns, from zero or from `waiting`.
template <bool from_zero>
void add_products(const Columns<a_side>& a, const Columns<b_side>& b, Index begin, Index end, const Sums& waiting,
                  Sums& sums) {
  for (Index u = 0; u < a_side; ++u)
    for (Index s = 0; s < b_side; ++s) sums[u][s] = from_zero ? _mm512_setzero_ps() : waiting[u][s];
  const auto add = [&](Index start, __mmask16 mask) {
    __m512 others[b_side];
    for (Index s = 0; s < b_side; ++s) others[s] = _mm512_maskz_loadu_ps(mask, b.at[s] + start);
    for (Index u = 0; u < a_side; ++u) {
      const __m512 value = _mm512_maskz_loadu_ps(mask, a.at[u] + start);
      for (Index s = 0; s < b_side; ++s) sums[u][s] = _mm512_fmadd_ps(value, others[s], sums[u][s]);
    }
  };
  const Index whole = begin + (end - begin) / lanes * lanes;
  for (Index start = begin; start < whole; start += lanes) add(start, 0xFFFF);
  if (whole < end) add(whole, static_cast<__mmask16>((1U << (end - whole)) - 1U));
}

/// Product (u, s) at [4 s + u], u < 4, and [16 + 4 s + u - 4].
void finish(const Sums& sums, float* products) {
  const __m512 low = pairs_of(quads_of(sums[0]), quads_of(sums[1]));
  const __m512 high = pairs_of(quads_of(sums[2]), quads_of(sums[3]));
  const __m512 rest = pairs_of(quads_of(sums[4]), quads_of(sums[5]));
  _mm512_store_ps(products, sums_of(low, high));
  _mm512_store_ps(products + lanes, sums_of(rest, rest));
}

/// Six columns of A with four of B, into C.
void store(const Sums& sums, Index rows, Index columns, float* c, Index ldc) {
  alignas(64) float products[2 * lanes];
  finish(sums, products);
  const auto stored = static_cast<unsigned>((1 << std::min(a_side, rows)) - 1);
  for (Index i = 0; i < std::min(b_side, columns); ++i) {
    _mm_mask_storeu_ps(c + i * ldc, static_cast<__mmask8>(stored & 0xFU), _mm_load_ps(products + 4 * i));
    _mm_mask_storeu_ps(c + i * ldc + 4, static_cast<__mmask8>(stored >> 4U), _mm_load_ps(products + lanes + 4 * i));
  }
}

}  // namespace

bool is_narrow(const Product& product) noexcept {
  return product.transpose_a == Transpose::yes && product.transpose_b == Transpose::no && product.n <= most_columns &&
         !product.accumulate;
}

void multiply_narrow(const Product& product) {
  Sums waiting[most_columns / b_side];  // of one group of columns of A, from run to run
  for (Index u = 0; u < product.m; u += a_side) {
    const Columns<a_side> a{product.a, product.lda, u, product.m};
    for (Index begin = 0; begin < product.k; begin += run) {
      const Index end = std::min(begin + run, product.k);
      for (Index s = 0; s < product.n; s += b_side) {
        const Columns<b_side> b{product.b, product.ldb, s, product.n};
        Sums sums;  // the compiler keeps it in registers
        if (begin == 0)
          add_products<true>(a, b, begin, end, waiting[s / b_side], sums);
        else
          add_products<false>(a, b, begin, end, waiting[s / b_side], sums);
        if (end == product.k)
          store(sums, product.m - u, product.n - s, product.c + u + s * product.ldc, product.ldc);
        else
          std::memcpy(waiting[s / b_side], sums, sizeof(Sums));
      }
    }
  }
}

#else

bool is_narrow(const Product& /*product*/) noexcept { return false; }
void multiply_narrow(const Product& /*product*/) {}

#endif

}  // namespace lockstep
