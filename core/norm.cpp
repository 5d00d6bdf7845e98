// SPDX-License-Identifier: MIT
// Fixed-lane sums, max-norm and clipping.
#include "core/norm.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>

#include "core/finite.hpp"

namespace lockstep {
namespace {

constexpr std::size_t lanes = 16;

/// Element i goes to lane i mod 16; the lanes are added in halves (8 onto 8, 4 onto 4, ...).
template <class Term>
double sum_in_lanes(std::span<const Scalar> values, Term term) {
  std::array<double, lanes> sums{};
  const std::size_t whole = values.size() / lanes * lanes;
  for (std::size_t start = 0; start < whole; start += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += term(static_cast<double>(values[start + lane]));
  for (std::size_t i = whole; i < values.size(); ++i) sums[i - whole] += term(static_cast<double>(values[i]));
  for (std::size_t half = lanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

}  // namespace

double sum_of_squares(std::span<const Scalar> values) {
  return sum_in_lanes(values, [](double value) { return value * value; });
}

double sum_of_magnitudes(std::span<const Scalar> values) {
  return sum_in_lanes(values, [](double value) { return std::abs(value); });
}

bool all_finite(std::span<const Scalar> values) {
  ScalarBits greatest = 0;
  for (const Scalar value : values) greatest = std::max(greatest, exponent_bits(value));
  return greatest < no_number;
}

void limit_unit_norms(std::span<Scalar> weights, Index fan_in, double limit) {
  const auto column = static_cast<std::size_t>(fan_in);
  assert(fan_in > 0 && limit > 0 && weights.size() % column == 0);
  for (std::size_t start = 0; start < weights.size(); start += column) {
    const std::span<Scalar> unit = weights.subspan(start, column);
    const double norm = std::sqrt(sum_of_squares(unit));
    if (!(norm > limit)) continue;
    const auto factor = static_cast<Scalar>(limit / norm);
    for (Scalar& weight : unit) weight *= factor;
  }
}

double clip_factor(double norm, double limit) { return limit > 0 && norm > limit ? limit / norm : 1.0; }

}  // namespace lockstep
