// SPDX-License-Identifier: MIT
// Losses, summed over the samples of a shard, and the deltas they send back.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/activation.hpp"
#include "core/panel.hpp"

namespace lockstep {

enum class Loss { mean_squared_error, mean_absolute_error, huber, cross_entropy, binary_cross_entropy };

[[nodiscard]] std::string_view name_of(Loss loss);  ///< "mean-squared-error", ..., "cross-entropy"
[[nodiscard]] Loss loss_named(std::string_view name);

/// What a shard's outputs are compared with: labels (classification) or values (regression); the other is empty.
/// With labels, losses other than cross-entropy compare with the one-hot column; a network with one output
/// (binary cross-entropy on two classes) compares with the label itself, 0 or 1.
struct Targets {
  std::span<const Label> labels;  ///< one for each column of the outputs
  ConstPanel values;              ///< targets x samples
};

/// The activation a loss wants at the output unless the user says otherwise: cross-entropy softmax, binary
/// cross-entropy logistic, the others linear.
[[nodiscard]] Activation output_activation_for(Loss loss);

/// The broken rule between a loss and the output activation, one sentence, or "": cross-entropy needs softmax, and only
/// it does; binary cross-entropy needs logistic; step and sign cannot be trained.
[[nodiscard]] std::string problem_between(Loss loss, Activation output);

/// Sum over the shard's samples of each sample's loss.
///
/// Shapes  outputs: (outputs x samples), after the output activation. A sample's loss is the *mean* over outputs for
/// mean squared error (without 1/2), mean absolute error and Huber (delta = 1), as in PyTorch; the *sum* over
/// outputs for binary cross-entropy; nats for both cross-entropies.
/// The double sum runs over samples in order. Thread-safe.
///
/// The cross-entropies take logarithms of outputs, whose range ends: an output counts as at least the smallest normal
/// number and its complement as at least half a unit in the last place of 1. So a sample's cross-entropy is at most 87
/// nats, and a wrong 1 costs at most 17 nats in binary cross-entropy (708 and 37 in double). Deltas are not affected.
/// NaN among the outputs that count gives NaN.
[[nodiscard]] double loss_sum(Loss loss, ConstPanel outputs, const Targets& targets);

/// The same sum, and the derivative of that *sum* by the pre-activations of the output layer.
///
/// delta: on entry the slope f'(z) of the output activation (not read for the two cross-entropies, whose delta is
/// y - t); on return dL/dz. Same shape as outputs.
double loss_sum_and_delta(Loss loss, ConstPanel outputs, const Targets& targets, Panel delta);

}  // namespace lockstep
