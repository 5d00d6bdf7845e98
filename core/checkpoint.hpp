// SPDX-License-Identifier: MIT
// The complete state of a run between two steps, and where it is kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/model.hpp"
#include "core/optimizer.hpp"
#include "core/precision.hpp"

namespace lockstep {

/// Validation: the best validation loss so far and the parameters that reached it.
struct BestSoFar {
  double loss = 0;
  Index epoch = 0;  ///< counted from 1
  AlignedBuffer parameters;
};

/// Names of the arrays of optimizer state that a run keeps, each as large as the parameters: those of its rule, and,
/// with an exchange in bfloat16, "master": the parameters before they were rounded. They name the data sets in a
/// checkpoint.
[[nodiscard]] std::vector<std::string> optimizer_arrays(Optimizer optimizer, Precision exchange);

/// What changes while training. Whole arrays, gathered from the slices of all ranks.
struct TrainingState {
  std::uint64_t step = 0;                ///< steps taken
  Index epoch = 0;                       ///< epochs finished
  Index step_in_epoch = 0;               ///< steps taken of the unfinished epoch
  bool finished = false;                 ///< the run is over: steps done or stopped early
  std::vector<AlignedBuffer> optimizer;  ///< one for each of optimizer_arrays(), in the parameters' layout
  std::vector<double> epoch_sums;        ///< see StepSums and NoiseSums: of the unfinished epoch's steps
  std::optional<BestSoFar> best;
  std::vector<std::string> history;  ///< the lines of metrics.jsonl of the finished epochs
};

/// One checkpoint: one state.
struct Checkpoint {
  std::map<std::string, std::string> configuration;  ///< setting name to text
  Model model;
  TrainingState state;
};

}  // namespace lockstep
