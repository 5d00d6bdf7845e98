// SPDX-License-Identifier: MIT
// Sums over runs of parameters in a fixed order, and what is built on them: max-norm and clipping.
#pragma once

#include <span>

#include "core/types.hpp"

namespace lockstep {

/// Sum of squares in double, over 16 lanes that are added in a fixed order: the bits depend on the values
/// and their order alone, not on the address.
[[nodiscard]] double sum_of_squares(std::span<const Scalar> values);
/// Sum of absolute values, likewise.
[[nodiscard]] double sum_of_magnitudes(std::span<const Scalar> values);

/// True when no value is NaN or infinite.
[[nodiscard]] bool all_finite(std::span<const Scalar> values);

/// Max-norm (Srebro et al. 2005; Srivastava et al. 2014): scales each unit's incoming weights, a column of `fan_in`
/// scalars, back to Euclidean norm `limit` > 0 when it is longer. `weights` holds whole columns. Thread-safe on
/// disjoint columns.
void limit_unit_norms(std::span<Scalar> weights, Index fan_in, double limit);

/// The factor min(1, limit / norm) of clipping by global norm (Pascanu et al. 2013); 1 when limit is 0 (off) or the
/// norm is NaN. (PyTorch divides by norm + 1e-6.)
[[nodiscard]] double clip_factor(double norm, double limit);

}  // namespace lockstep
