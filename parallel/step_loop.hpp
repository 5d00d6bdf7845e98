// SPDX-License-Identifier: MIT
// Training steps over made-up data, for measuring.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/dataset.hpp"
#include "core/matrix.hpp"
#include "core/precision.hpp"
#include "core/row_order.hpp"
#include "parallel/step_engine.hpp"

namespace lockstep {

/// A network to train and the batch to train it with.
struct StepCase {
  std::vector<Index> sizes;  ///< inputs, hidden units, classes: at least inputs and classes
  Index batch_size = 0;      ///< samples over all ranks
  Index shard_size = 0;      ///< samples; 0: chosen as in training
  Precision precision = Precision::float32;
  Precision exchange = Precision::float32;
};

/// The shard size that a case is run with.
[[nodiscard]] Index shard_size_of(const StepCase& what);

/// Steps from gather to update, one after another as in an epoch: SGD with momentum 0.9, ReLU, softmax cross-entropy;
/// random floats in memory, shuffled. Collective.
class StepLoop {
 public:
  StepLoop(const StepCase& what, SumOrder order, Communicator& communicator, Workers& workers);
  void step();

 private:
  void fill();

  Index batch_;
  Matrix features_;
  std::vector<Label> labels_;
  Model model_;
  StepEngine engine_;
  RowOrder order_;
  std::unique_ptr<Dataset> memory_;
  std::unique_ptr<Dataset> data_;  ///< the same, traced
  std::uint64_t step_ = 0;
};

}  // namespace lockstep
