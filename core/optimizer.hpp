// SPDX-License-Identifier: MIT
// Update rules, elementwise over any run of parameters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/columns.hpp"

namespace lockstep {

enum class Optimizer { sgd, momentum, nesterov, rmsprop, adam, adamw };

[[nodiscard]] std::string_view name_of(Optimizer optimizer);
[[nodiscard]] Optimizer optimizer_named(std::string_view name);

/// Names of the arrays of state that a rule keeps, each as large as the parameters: {} for sgd, {"momentum"},
/// {"square"}, {"mean", "square"}.
[[nodiscard]] std::vector<std::string> state_names(Optimizer optimizer);

/// The numbers of one step. All rules match PyTorch's definitions (torch.optim) to rounding.
///
/// They are doubles, so that 1 - beta2 and the bias corrections lose nothing before they meet the scalars.
struct UpdateRule {
  Optimizer optimizer = Optimizer::sgd;
  double learning_rate = 0;
  double momentum = 0;    ///< momentum, nesterov: velocity = momentum * velocity + gradient
  double decay_rate = 0;  ///< rmsprop: 0.99
  double beta1 = 0;       ///< adam, adamw
  double beta2 = 0;
  double epsilon = 0;         ///< rmsprop, adam, adamw: added outside the square root
  std::uint64_t step = 1;     ///< 1 for the first step (bias correction of adam, adamw)
  double gradient_scale = 1;  ///< multiplies the summed gradient first: clip factor / samples of the batch
  double l1 = 0;              ///< adds l1 * sign(w) to the gradient; sign(0) = 0
  double l2 = 0;              ///< adds l2 * w to the gradient (the gradient of l2/2 |w|^2)
  double weight_decay = 0;    ///< decoupled: first w -= learning_rate * weight_decay * w (Loshchilov & Hutter 2019)
};

/// Steps `columns` columns of `rows` weights along their gradient. `state` has `state_names(rule.optimizer).size()`
/// arrays of the same shape. True when all weights and states are finite afterwards; rules leave nothing finite where a
/// gradient was not, so that tells of bad gradients, too.
///
/// Each element depends on its own inputs alone, computed with + - * / and sqrt in one fixed order (no contraction),
/// so any cut of the parameters into calls gives the same bits. Thread-safe on disjoint elements.
bool update(const UpdateRule& rule, Index rows, Index columns, Columns<Scalar> weights, Columns<const Scalar> gradient,
            std::span<const Columns<Scalar>> state);

}  // namespace lockstep
