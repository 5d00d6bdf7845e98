// SPDX-License-Identifier: MIT
// What bounds a training step: where the time of its workers goes.
#pragma once

#include <string_view>
#include <vector>

#include "parallel/step_loop.hpp"

namespace lockstep {

/// Part of a step, on the average of all workers of all ranks.
struct StepPhase {
  std::string_view name;  ///< as in a trace; "other": what no phase names, waiting for the last of a job most of all
  double of_time = 0;     ///< the share of their time; shares of a case add up to 1
  double of_peak = 0;     ///< phases of products: what a worker at it reaches of its part of the peak; others: 0
};

struct StepPhases {
  double samples_per_second = 0;
  double flops = 0;               ///< a second, as in StepRate
  double peak_flops = 0;          ///< a second, of all workers of all ranks; the mean of the repetitions
  std::vector<StepPhase> phases;  ///< all there are, also those that took no time
  [[nodiscard]] double of_peak() const { return flops / peak_flops; }
};

/// Traces steps in a few repetitions of about `seconds`, or of 2,000 steps, the peak measured beside each. Tracing
/// belongs to the process: not while something else traces. Every rank returns the same. Collective.
[[nodiscard]] StepPhases measure_phases(const StepCase& what, int repetitions, double seconds,
                                        Communicator& communicator, Workers& workers);

}  // namespace lockstep
