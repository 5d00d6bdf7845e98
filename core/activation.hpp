// SPDX-License-Identifier: MIT
// Activation functions and their slopes, elementwise over panels.
#pragma once

#include <string_view>

#include "core/panel.hpp"

namespace lockstep {

/// step (Heaviside, 1 at 0) and sign (0 at 0) have no useful derivative: they run forward only. softmax is for outputs
/// only.
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

/// Replaces each z by f(z). `softmax` normalises each column. NaN stays NaN.
/// Thread-safe on disjoint panels: writes the rows and the padding that completes the last row's aligned unit, so row
/// blocks that begin at multiples of `alignment_scalars` can be done apart (but softmax needs whole columns). The bits
/// of an element depend on its value alone (softmax: on its column), not on where it lies.
void activate(Activation activation, Panel values);

/// Replaces each z in `values` by f(z) and writes f'(z) to `slope`, of the same shape and stride, in one pass. At a
/// kink the slope is the smaller of the two, as in PyTorch; f(z) has the bits that `activate` gives. Not for step, sign
/// and softmax (assert): the first two cannot be trained, the last belongs to its loss.
void activate_with_slope(Activation activation, Panel values, Panel slope);

}  // namespace lockstep
