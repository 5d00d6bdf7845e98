// SPDX-License-Identifier: MIT
// Products of floats in AVX2, of our own.
#pragma once

#include <span>

#include "core/gemm.hpp"

namespace lockstep {

/// Whether multiply_in_avx2 computes it, and is the faster way: A B^T always; A^T B and A B with at least 8 columns and
/// without a C that is added to. Never in a build without AVX2 and FMA.
[[nodiscard]] bool suits_avx2(const Product& product) noexcept;

/// Each element is one chain of fused multiply-adds in the order of the terms, complete before it is added to C: its
/// bits depend on its two lines alone, and are the same on every processor. Runs on the calling thread, in scratch
/// memory of that thread: a run of one operand, or of both, in the order in which tiles of 16 x 6 sums read it.
void multiply_in_avx2(const Product& product);

/// `left` with each of `rights` (see multiply_each): A is packed once for all.
void multiply_in_avx2(const LeftFactor& left, std::span<const RightFactor> rights);

}  // namespace lockstep
