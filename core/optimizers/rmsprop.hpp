// SPDX-License-Identifier: MIT
// RMSprop: steps divided by a running root mean square of the gradient.
#pragma once

#include <cmath>

#include "core/optimizer.hpp"

namespace lockstep::optimizers {

/// s = a * s + (1 - a) * g^2; w -= rate * g / (sqrt(s) + epsilon) (Tieleman & Hinton 2012, lecture 6.5; epsilon
/// outside the root as in torch.optim.RMSprop).
struct RmsProp {
  explicit RmsProp(const UpdateRule& rule)
      : rate{static_cast<Scalar>(rule.learning_rate)},
        keep{static_cast<Scalar>(rule.decay_rate)},
        take{static_cast<Scalar>(1 - rule.decay_rate)},
        epsilon{static_cast<Scalar>(rule.epsilon)} {}

  [[nodiscard]] Scalar step(Scalar gradient, Scalar& square) const {
    square = keep * square + take * (gradient * gradient);
    return rate * gradient / (std::sqrt(square) + epsilon);
  }

  Scalar rate;
  Scalar keep;
  Scalar take;
  Scalar epsilon;
};

}  // namespace lockstep::optimizers
