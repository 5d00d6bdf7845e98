// SPDX-License-Identifier: MIT
// A figure over seeds: its mean and how well that is known.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

namespace lockstep {

struct Estimate {
  std::size_t count = 0;
  double mean = std::numeric_limits<double>::quiet_NaN();
  /// Standard error of the mean: the sample's standard deviation (n - 1) over sqrt(n); NaN of fewer than two values.
  double error = std::numeric_limits<double>::quiet_NaN();
};

/// Of the values that are finite.
[[nodiscard]] inline Estimate estimate_of(const std::vector<double>& values) {
  Estimate estimate;
  double sum = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++estimate.count;
  }
  if (estimate.count == 0) return estimate;
  const auto count = static_cast<double>(estimate.count);
  estimate.mean = sum / count;
  if (estimate.count < 2) return estimate;
  double squares = 0;
  for (const double value : values)
    if (std::isfinite(value)) squares += (value - estimate.mean) * (value - estimate.mean);
  estimate.error = std::sqrt(squares / (count - 1) / count);
  return estimate;
}

}  // namespace lockstep
