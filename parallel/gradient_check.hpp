// SPDX-License-Identifier: MIT
// Backpropagation against finite differences, on the user's own network and data.
#pragma once

#include <string>
#include <vector>

#include "core/dataset.hpp"
#include "core/train_config.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

/// The derivative along one random direction v (of unit length) within one parameter block.
struct DirectionalCheck {
  std::string block;
  double by_backpropagation = 0;  ///< gradient . v
  double by_differences = 0;      ///< (f(w + t v) - f(w - t v)) / 2t
  double relative_error = 0;      ///< |difference| / max(|a|, |b|, gradient's length / 100)
  double tolerance = 0;           ///< the largest relative error that passes: 0.05, in double precision 1e-5
  bool passed = false;
};

/// Checks every parameter block at the initial parameters, on the first batch of the first epoch, dropout included (its
/// masks are a function of the step). f is what training minimises: the mean loss of the batch, and the terms of L1 and
/// L2 over the weights.
///
/// Differences are taken over steps t of several lengths, and the best agreement counts: long steps cross kinks of
/// ReLU, short ones drown in rounding, and a wrong gradient agrees with none.
/// Collective. Throws RequestError (see problems).
[[nodiscard]] std::vector<DirectionalCheck> check_gradients(const TrainConfig& config, const Dataset& data,
                                                            Communicator& communicator);

}  // namespace lockstep
