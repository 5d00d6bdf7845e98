// SPDX-License-Identifier: MIT
// What the hidden units of a model do.
#pragma once

#include <string>
#include <vector>

#include "core/dataset.hpp"
#include "core/model.hpp"

namespace lockstep {

/// The activations of one hidden layer over some samples.
struct HiddenStatistics {
  std::string layer;
  std::vector<double> unit_means;   ///< of each unit, over the samples
  std::vector<Scalar> activations;  ///< of all units and samples
  /// Share of activations that are as good as 0: at most a hundredth of the layer's largest in magnitude.
  double sparsity = 0;
};

/// Of each hidden layer, over the first `samples` samples, without dropout. On the calling thread.
[[nodiscard]] std::vector<HiddenStatistics> hidden_statistics(const Model& model, const Dataset& data, Index samples);

}  // namespace lockstep
