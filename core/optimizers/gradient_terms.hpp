// SPDX-License-Identifier: MIT
// From the summed gradient of a batch to the gradient that a rule sees: scaled, with the terms of L1 and L2.
#pragma once

#include "core/optimizer.hpp"

namespace lockstep::optimizers {

/// g = scale * sum + l1 * sign(w) + l2 * w, and the decoupled decay of w that precedes the step.
struct GradientTerms {
  explicit GradientTerms(const UpdateRule& rule)
      : scale{static_cast<Scalar>(rule.gradient_scale)},
        l1{static_cast<Scalar>(rule.l1)},
        l2{static_cast<Scalar>(rule.l2)},
        decay{static_cast<Scalar>(rule.learning_rate * rule.weight_decay)} {}

  [[nodiscard]] Scalar gradient(Scalar weight, Scalar summed_gradient) const {
    const Scalar towards_zero = weight > 0 ? l1 : (weight < 0 ? -l1 : Scalar{0});
    return scale * summed_gradient + towards_zero + l2 * weight;
  }
  [[nodiscard]] Scalar decayed(Scalar weight) const { return weight - decay * weight; }

  Scalar scale;
  Scalar l1;
  Scalar l2;
  Scalar decay;
};

}  // namespace lockstep::optimizers
