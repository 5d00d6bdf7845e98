// SPDX-License-Identifier: MIT
// The narrow seam through which the step engine knows layers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/bf16_operand.hpp"
#include "core/panel.hpp"
#include "core/parameter_layout.hpp"

namespace lockstep {

class Bf16Weights;

/// What a pass over one shard is for: training keys dropout by these numbers, evaluation uses none of them.
struct Pass {
  bool training = false;
  std::uint64_t seed = 0;
  std::uint64_t step = 0;
  Index first_position = 0;  ///< of the shard's first sample in the batch
};

/// A shard's part in a call of `backward` for several.
struct BackwardShard {
  ConstPanel delta;
  Panel input_slope;  ///< becomes the delta of the layer before
};

/// For one weight block, the panels whose columns k sum into its gradient: sum_k input_k delta_k^T, (fan_in x units).
struct GradientPair {
  ConstPanel input;  ///< fan_in x columns
  ConstPanel delta;  ///< units x columns
};

/// The same pair as operands of a product in bfloat16: C is the gradient, (fan_in x units).
struct Bf16GradientPair {
  Bf16Rows input;
  Bf16Columns delta;
};

/// One layer, without its parameters: they are passed in, so that a layer is a value that any thread may use.
///
/// A shard passes through `forward` and then, in training, from the last layer to the first, through `backward`.
/// Both are cut by rows, so that few shards can fill many threads; the cut is part of the configuration.
/// For each shard the engine keeps an output panel and, in training, a slope panel of the same shape: forward leaves
/// there the derivative of the outputs by the pre-activations (dropout included), and the next layer's backward
/// multiplies the gradient by the outputs into it, which makes it the delta.
class Layer {
 public:
  virtual ~Layer() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual Index inputs() const = 0;
  [[nodiscard]] virtual Index outputs() const = 0;
  /// False when all rows of a shard must be computed in one call (softmax).
  [[nodiscard]] virtual bool divisible() const = 0;
  /// Parameter blocks of this layer, as indices into the layout.
  [[nodiscard]] virtual const std::vector<Index>& blocks() const = 0;

  /// Output rows `rows` of a shard. `slope` has data in training only.
  virtual void forward(const Pass& pass, const Scalar* parameters, ConstPanel input, Panel output, Panel slope,
                       Range rows) const = 0;

  /// Rows `rows` of the gradient by this layer's input, multiplied into `input_slope`. What comes of a shard does not
  /// depend on the others of the call; together they share what is done to the weights.
  virtual void backward(const Scalar* parameters, std::span<const BackwardShard> shards, Range rows) const = 0;

  /// The pair for parameter block `block` of this layer. A bias block's gradient is the sum of the delta's columns; its
  /// pair has no input.
  [[nodiscard]] virtual GradientPair gradient_pair(Index block, ConstPanel input, ConstPanel delta) const = 0;

  // The same with products in bfloat16, of one shard: weights and inputs come as operands (`parameters` gives biases),
  // and what the next product reads is left in `packed`, besides the panels.

  virtual void forward(const Pass& pass, const Scalar* parameters, const Bf16Weights& weights, const Bf16Panel& input,
                       Panel output, Panel slope, const Bf16Panel& packed, Range rows) const = 0;
  virtual void backward(const Bf16Weights& weights, const Bf16Panel& delta, Panel input_slope, const Bf16Panel& packed,
                        Range rows) const = 0;
  /// For a block of weights.
  [[nodiscard]] virtual Bf16GradientPair gradient_pair(Index block, const Bf16Panel& input,
                                                       const Bf16Panel& delta) const = 0;
};

}  // namespace lockstep
