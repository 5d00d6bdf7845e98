// SPDX-License-Identifier: MIT
// What a step takes on so many ranks and threads, by four rates that are fitted to measurements.
#pragma once

#include <array>
#include <vector>

#include "parallel/step_benchmark.hpp"

namespace lockstep {

/// A step to be foretold.
struct ScalingPoint {
  StepCase what;
  int ranks = 1;
  int threads = 1;  ///< of each rank
};

/// Seconds of a step as a sum: operations of a worker (who has at least a sample) / compute + messages x latency +
/// bytes / bandwidth + additions / (workers x merge). With ranks r and P parameters, each rank sends and receives 2 (r
/// - 1) messages and 8 P (r - 1) / r bytes (partial sums to owners, parameters to all); merging and updating take P (1
/// + log2 of the shards of a rank) additions on each rank, shared by its threads, and P (r - 1) / r more. Thakur,
/// Rabenseifner & Gropp (2005), section 3, for the terms of the exchange.
class ScalingModel {
 public:
  struct Measured {
    ScalingPoint point;
    double seconds = 0;
  };
  /// Least squares of relative errors; no rate is negative: a term that would be counts as nothing.
  [[nodiscard]] static ScalingModel fitted(const std::vector<Measured>& measured);

  [[nodiscard]] double seconds(const ScalingPoint& point) const;
  /// The part of it that the exchange takes.
  [[nodiscard]] double communication_seconds(const ScalingPoint& point) const;

  /// Infinite rates: the measurements show no such cost.
  [[nodiscard]] double compute_flops() const { return 1 / cost_[0]; }    ///< a second, of one worker
  [[nodiscard]] double latency_seconds() const { return cost_[1]; }      ///< of a message
  [[nodiscard]] double bandwidth_bytes() const { return 1 / cost_[2]; }  ///< a second
  [[nodiscard]] double merge_additions() const { return 1 / cost_[3]; }  ///< a second, of one worker
  /// The same machine with another network.
  [[nodiscard]] ScalingModel with_network(double latency_seconds, double bandwidth_bytes) const;

 private:
  static constexpr std::size_t term_count = 4;
  using Terms = std::array<double, term_count>;
  [[nodiscard]] static Terms terms_of(const ScalingPoint& point);

  Terms cost_{};
};

}  // namespace lockstep
