// SPDX-License-Identifier: MIT
// A model: a network with its parameters, what is done to its inputs, and what its outputs mean.
#pragma once

#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/dataset.hpp"
#include "core/loss.hpp"
#include "core/network.hpp"

namespace lockstep {

/// Everything needed to predict. Movable.
struct Model {
  Network network;
  AlignedBuffer parameters;
  Loss loss = Loss::cross_entropy;
  Task task = Task::classification;
  AffineTransform input_transform{};   ///< raw features to inputs
  AffineTransform target_transform{};  ///< raw targets to outputs; undone in predictions
  std::vector<std::string> class_names{};
  std::vector<std::string> feature_names{};
  std::vector<std::string> target_names{};
  Index classes = 0;
};

/// A copy; models move but copy only on request, for they may be large.
[[nodiscard]] Model clone(const Model& model);

}  // namespace lockstep
