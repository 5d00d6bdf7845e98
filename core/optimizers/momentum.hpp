// SPDX-License-Identifier: MIT
// Gradient descent with momentum, classical and Nesterov's.
#pragma once

#include "core/optimizer.hpp"

namespace lockstep::optimizers {

/// v = mu * v + g; w -= rate * v (Polyak 1964; the rate outside the velocity, as in torch.optim.SGD).
struct Momentum {
  explicit Momentum(const UpdateRule& rule)
      : rate{static_cast<Scalar>(rule.learning_rate)}, momentum{static_cast<Scalar>(rule.momentum)} {}

  [[nodiscard]] Scalar step(Scalar gradient, Scalar& velocity) const {
    velocity = momentum * velocity + gradient;
    return rate * velocity;
  }

  Scalar rate;
  Scalar momentum;
};

/// v = mu * v + g; w -= rate * (g + mu * v) (Sutskever et al. 2013, in the form of torch.optim.SGD).
struct Nesterov {
  explicit Nesterov(const UpdateRule& rule)
      : rate{static_cast<Scalar>(rule.learning_rate)}, momentum{static_cast<Scalar>(rule.momentum)} {}

  [[nodiscard]] Scalar step(Scalar gradient, Scalar& velocity) const {
    velocity = momentum * velocity + gradient;
    return rate * (gradient + momentum * velocity);
  }

  Scalar rate;
  Scalar momentum;
};

}  // namespace lockstep::optimizers
