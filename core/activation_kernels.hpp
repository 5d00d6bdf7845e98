// SPDX-License-Identifier: MIT
// The formulas of the activations, on runs of scalars. Private to activation.cpp.
//
// A kernel replaces z[0, count) by f(z) and, `with_slope`, writes f'(z) to slope. Runs are aligned and whole multiples
// of `alignment_scalars`, so Eigen's functions take their vector path for each element; all else is plain arithmetic,
// which has the same bits in vectors and alone. NaN stays NaN, so that divergence is seen.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "core/types.hpp"

namespace lockstep::kernels {

/// Scalars of one run: what a kernel keeps on the stack, well inside the first-level cache.
inline constexpr Index run_scalars = 512;

struct Scratch {
  alignas(alignment_bytes) std::array<Scalar, static_cast<std::size_t>(run_scalars)> values;
};

[[nodiscard]] inline auto aligned(Scalar* data, Index count) {
  return Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::Aligned64>(data, count);
}

/// Kernels of a formula that takes one z at a time: `Formula::value(z)` and `Formula::slope(z)`.
template <class Formula>
struct Plain {
  template <bool with_slope>
  static void run(Scalar* z, Scalar* slope, Index count) {
    for (Index i = 0; i < count; ++i) {
      const Scalar here = z[i];
      if constexpr (with_slope) slope[i] = Formula::slope(here);
      z[i] = Formula::value(here);
    }
  }
};

struct Step {
  static Scalar value(Scalar z) { return z >= 0 ? Scalar{1} : Scalar{0}; }
};

struct Sign {
  static Scalar value(Scalar z) { return static_cast<Scalar>(z > 0) - static_cast<Scalar>(z < 0); }
};

struct Linear {
  static Scalar value(Scalar z) { return z; }
  static Scalar slope(Scalar) { return 1; }
};

struct PiecewiseLinear {
  static Scalar value(Scalar z) {
    const Scalar raised = z + Scalar{0.5};
    const Scalar floored = raised < 0 ? Scalar{0} : raised;
    return floored > 1 ? Scalar{1} : floored;
  }
  static Scalar slope(Scalar z) { return std::abs(z) < Scalar{0.5} ? Scalar{1} : Scalar{0}; }
};

struct Relu {
  static Scalar value(Scalar z) { return z < 0 ? Scalar{0} : z; }
  static Scalar slope(Scalar z) { return z > 0 ? Scalar{1} : Scalar{0}; }
};

struct LeakyRelu {
  static constexpr auto below = static_cast<Scalar>(0.01);
  static Scalar value(Scalar z) { return z < 0 ? below * z : z; }
  static Scalar slope(Scalar z) { return z > 0 ? Scalar{1} : below; }
};

/// With e = exp(-|z|) nothing overflows: y = 1 / (1 + e) above zero, e / (1 + e) below, and y' = e / (1 + e)^2 on both
/// sides, accurate in both tails.
struct Logistic {
  template <bool with_slope>
  static void run(Scalar* z, Scalar* slope, Index count) {
    Scratch scratch;
    Scalar* e = scratch.values.data();
    aligned(e, count) = (-aligned(z, count).abs()).exp();
    for (Index i = 0; i < count; ++i) {
      const Scalar upper = 1 / (1 + e[i]);
      const Scalar lower = e[i] * upper;
      if constexpr (with_slope) slope[i] = lower * upper;
      z[i] = z[i] < 0 ? lower : upper;
    }
  }
};

struct Tanh {
  template <bool with_slope>
  static void run(Scalar* z, Scalar* slope, Index count) {
    aligned(z, count) = aligned(z, count).tanh();
    if constexpr (with_slope) {
      for (Index i = 0; i < count; ++i) slope[i] = (1 - z[i]) * (1 + z[i]);
    }
  }
};

/// Below zero exp(z) - 1 = 2 t / (1 - t) with t = tanh(z / 2), which cancels nowhere.
struct Elu {
  template <bool with_slope>
  static void run(Scalar* z, Scalar* slope, Index count) {
    Scratch scratch;
    Scalar* t = scratch.values.data();
    for (Index i = 0; i < count; ++i) t[i] = z[i] > 0 ? Scalar{0} : z[i] / 2;
    aligned(t, count) = aligned(t, count).tanh();
    for (Index i = 0; i < count; ++i) {
      const Scalar quotient = 1 / (1 - t[i]);
      if constexpr (with_slope) slope[i] = (1 + t[i]) * quotient;
      z[i] = z[i] > 0 ? z[i] : 2 * t[i] * quotient;
    }
  }
};

/// y = z s(z), y' = s + z s', with the logistic s as above.
struct Silu {
  template <bool with_slope>
  static void run(Scalar* z, Scalar* slope, Index count) {
    Scratch scratch;
    Scalar* e = scratch.values.data();
    aligned(e, count) = (-aligned(z, count).abs()).exp();
    for (Index i = 0; i < count; ++i) {
      const Scalar upper = 1 / (1 + e[i]);
      const Scalar lower = e[i] * upper;
      const Scalar logistic = z[i] < 0 ? lower : upper;
      if constexpr (with_slope) slope[i] = logistic + z[i] * (lower * upper);
      z[i] *= logistic;
    }
  }
};

/// The normal distribution's upper tail beyond |z|, Phi(-|z|), given its kernel e = exp(-z^2 / 2).
[[nodiscard]] inline Scalar normal_tail(Scalar z, Scalar e) {
  if constexpr (std::is_same_v<Scalar, double>) {
    return static_cast<Scalar>(0.5) * std::erfc(std::abs(z) / static_cast<Scalar>(std::numbers::sqrt2));
  } else {
    // e t P(t) with t = 1 / (1 + 0.27 |z|): Phi(-|z|) / e is smooth in t. P interpolates it in the Chebyshev nodes of
    // |z| <= 14 (beyond, e is 0) to a relative error below 3e-8: tests/golden/normal_tail.py.
    constexpr std::array<float, 9> coefficients{0.02910702822F,  -0.1272421199F, 0.1714446874F,
                                                -0.07121391704F, 0.1092772065F,  0.07140606254F,
                                                0.101980367F,    0.1075186033F,  0.1077220931F};
    const auto magnitude = static_cast<float>(std::abs(z));
    const float t = 1 / (1 + 0.27F * (magnitude > 14.0F ? 14.0F : magnitude));
    float polynomial = coefficients[0];
    for (std::size_t k = 1; k < coefficients.size(); ++k) polynomial = polynomial * t + coefficients[k];
    return e * (t * polynomial);
  }
}

/// y = z Phi(z), y' = Phi(z) + z phi(z) (Hendrycks & Gimpel 2016), without cancellation below zero.
struct Gelu {
  template <bool with_slope>
  static void run(Scalar* z, Scalar* slope, Index count) {
    constexpr auto density_at_zero = static_cast<Scalar>(std::numbers::inv_sqrtpi / std::numbers::sqrt2);
    Scratch scratch;
    Scalar* e = scratch.values.data();
    aligned(e, count) = (aligned(z, count).square() * Scalar{-0.5}).exp();
    for (Index i = 0; i < count; ++i) {
      const Scalar tail = normal_tail(z[i], e[i]);
      const Scalar cumulative = z[i] < 0 ? tail : 1 - tail;
      if constexpr (with_slope) slope[i] = cumulative + z[i] * (e[i] * density_at_zero);
      z[i] *= cumulative;
    }
  }
};

}  // namespace lockstep::kernels
