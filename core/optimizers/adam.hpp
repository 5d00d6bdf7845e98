// SPDX-License-Identifier: MIT
// Adam; AdamW is the same rule with decoupled weight decay.
#pragma once

#include <cmath>

#include "core/optimizer.hpp"

namespace lockstep::optimizers {

/// m = b1 * m + (1 - b1) * g; s = b2 * s + (1 - b2) * g^2;
/// w -= rate * (m / (1 - b1^t)) / (sqrt(s / (1 - b2^t)) + epsilon) (Kingma & Ba 2015, algorithm 1, t = step).
/// The corrections are folded into two factors once a step, which rounds differently from the formula by an ulp or two.
struct Adam {
  explicit Adam(const UpdateRule& rule)
      : rate{static_cast<Scalar>(rule.learning_rate / correction(rule.beta1, rule.step))},
        keep_mean{static_cast<Scalar>(rule.beta1)},
        take_mean{static_cast<Scalar>(1 - rule.beta1)},
        keep_square{static_cast<Scalar>(rule.beta2)},
        take_square{static_cast<Scalar>(1 - rule.beta2)},
        root_factor{static_cast<Scalar>(1 / std::sqrt(correction(rule.beta2, rule.step)))},
        epsilon{static_cast<Scalar>(rule.epsilon)} {}

  [[nodiscard]] Scalar step(Scalar gradient, Scalar& mean, Scalar& square) const {
    mean = keep_mean * mean + take_mean * gradient;
    square = keep_square * square + take_square * (gradient * gradient);
    return rate * mean / (std::sqrt(square) * root_factor + epsilon);
  }

  Scalar rate;
  Scalar keep_mean;
  Scalar take_mean;
  Scalar keep_square;
  Scalar take_square;
  Scalar root_factor;
  Scalar epsilon;

 private:
  [[nodiscard]] static double correction(double beta, std::uint64_t step) {
    return 1 - std::pow(beta, static_cast<double>(step));
  }
};

}  // namespace lockstep::optimizers
