// SPDX-License-Identifier: MIT
// Activation functions and their slopes, elementwise over panels.
#pragma once

#include <string_view>

#include "core/panel.hpp"

namespace lockstep {

/// step (Heaviside, 1 at 0) and sign have no useful derivative: they run forward only. softmax is for outputs only.
enum class Activation {
  step,
  sign,
  linear,
  piecewise_linear,  ///< clamp(z + 1/2, 0, 1)
  logistic,
  tanh,
  relu,
  leaky_relu,  ///< slope 0.01 below zero
  elu,         ///< alpha = 1
  gelu,        ///< exact: z Phi(z)
  silu,
  softmax,
};

/// The name on the command line ("leaky-relu"), and back; an unknown name throws RequestError naming the nearest.
[[nodiscard]] std::string_view name_of(Activation activation);
[[nodiscard]] Activation activation_named(std::string_view name);

/// False for step and sign.
[[nodiscard]] bool trainable(Activation activation);

/// Replaces each z by f(z). `softmax` normalises each column.
/// Thread-safe on disjoint panels. The result of an element depends on its value alone (softmax: on its column).
void activate(Activation activation, Panel values);

/// Replaces each z in `values` by f(z) and writes f'(z) to `slope`, of the same shape and stride.
/// Not for step, sign and softmax (assert): the first two cannot be trained, the last belongs to its loss.
void activate_with_slope(Activation activation, Panel values, Panel slope);

}  // namespace lockstep
