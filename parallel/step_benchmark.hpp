// SPDX-License-Identifier: MIT
// How fast whole training steps go, against what the machine's arithmetic units can do.
#pragma once

#include <vector>

#include "parallel/communicator.hpp"
#include "parallel/step_loop.hpp"

namespace lockstep {

/// One repetition: steps, and the peak measured just before, because both drift with the machine's clock.
struct StepRate {
  double samples_per_second = 0;
  double flops = 0;  ///< a second: 6 x weights, less 2 x first-layer weights (no gradient by the input), per sample
  double peak_flops = 0;  ///< a second, of all workers of all ranks
  double exposed = 0;     ///< the share of time in which ranks start transfers and wait, on their average
  [[nodiscard]] double of_peak() const { return peak_flops > 0 ? flops / peak_flops : 0; }
};

/// Times steps. `seconds` is what the steps of one repetition take, about; the peak takes a tenth of
/// it beforehand. Every rank returns the same rates. Collective.
[[nodiscard]] std::vector<StepRate> measure_steps(const StepCase& what, int repetitions, double seconds,
                                                  Communicator& communicator, Workers& workers);

/// What the fixed order of sums costs within a rank: the time of steps, as above, over that of the same steps with each
/// tile's products added to one sum as they come. One ratio for each repetition, both halves measured beside each other
/// and first in turn. Every rank returns the same ratios. Collective.
[[nodiscard]] std::vector<double> measure_tree_cost(const StepCase& what, int repetitions, double seconds,
                                                    Communicator& communicator, Workers& workers);

/// Floating-point operations of one step over all ranks, by product; an addition and a multiplication are two.
struct StepFlop {
  double forward = 0;
  double backward = 0;  ///< of deltas; the first layer has none to send back
  double weight_gradient = 0;
  [[nodiscard]] double total() const { return forward + backward + weight_gradient; }
};
[[nodiscard]] StepFlop step_flop(const StepCase& what);

/// Fused multiply-adds in registers on all workers of all ranks at once, operations a second. Collective.
[[nodiscard]] double measure_peak(double seconds, Communicator& communicator, Workers& workers);

}  // namespace lockstep
