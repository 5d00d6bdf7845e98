// SPDX-License-Identifier: MIT
// How fast whole training steps go, against what the machine's arithmetic units can do.
#pragma once

#include <vector>

#include "core/precision.hpp"
#include "parallel/communicator.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// A network to train and the batch to train it with.
struct StepCase {
  std::vector<Index> sizes;  ///< inputs, hidden units, classes: at least inputs and classes
  Index batch_size = 0;      ///< samples over all ranks
  Index shard_size = 0;      ///< samples; 0: chosen as in training
  Precision precision = Precision::float32;
  Precision exchange = Precision::float32;
};

/// One repetition: steps, and the peak measured just before, because both drift with the machine's clock.
struct StepRate {
  double samples_per_second = 0;
  double flops = 0;  ///< a second: 6 x weights, less 2 x first-layer weights (no gradient by the input), per sample
  double peak_flops = 0;  ///< a second, of all workers of all ranks
  double exposed = 0;     ///< the share of time in which ranks start transfers and wait, on their average
  [[nodiscard]] double of_peak() const { return peak_flops > 0 ? flops / peak_flops : 0; }
};

/// Times steps from gather to update (SGD with momentum 0.9, ReLU, softmax cross-entropy; random floats in memory,
/// shuffled), each as in training. `seconds` is what the steps of one repetition take, about; the peak takes a tenth of
/// it beforehand. Every rank returns the same rates. Collective.
[[nodiscard]] std::vector<StepRate> measure_steps(const StepCase& what, int repetitions, double seconds,
                                                  Communicator& communicator, Workers& workers);

/// What the fixed order of sums costs within a rank: the time of steps, as above, over that of the same steps with each
/// tile's products added to one sum as they come. One ratio for each repetition, both halves measured beside each other
/// and first in turn. Every rank returns the same ratios. Collective.
[[nodiscard]] std::vector<double> measure_tree_cost(const StepCase& what, int repetitions, double seconds,
                                                    Communicator& communicator, Workers& workers);

/// The shard size that a case is run with.
[[nodiscard]] Index shard_size_of(const StepCase& what);

/// Floating-point operations of one step.
[[nodiscard]] double step_flop(const StepCase& what);

/// Fused multiply-adds in registers on all workers of all ranks at once, operations a second. Collective.
[[nodiscard]] double measure_peak(double seconds, Communicator& communicator, Workers& workers);

}  // namespace lockstep
