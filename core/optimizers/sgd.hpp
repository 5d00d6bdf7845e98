// SPDX-License-Identifier: MIT
// Stochastic gradient descent.
#pragma once

#include "core/optimizer.hpp"

namespace lockstep::optimizers {

/// w -= rate * g (Robbins & Monro 1951).
struct Sgd {
  explicit Sgd(const UpdateRule& rule) : rate{static_cast<Scalar>(rule.learning_rate)} {}

  [[nodiscard]] Scalar step(Scalar gradient) const { return rate * gradient; }

  Scalar rate;
};

}  // namespace lockstep::optimizers
