// SPDX-License-Identifier: MIT
// A dense layer: y = f(W^T x + b), with dropout on its units.
#pragma once

#include "core/activation.hpp"
#include "core/layer.hpp"

namespace lockstep {

/// Units, activation and drop rate of a dense layer.
struct DenseSpec {
  std::string name;
  Index number = 0;  ///< of the layer in the network: keys its dropout
  Index inputs = 0;
  Index outputs = 0;
  Activation activation = Activation::linear;
  double dropout = 0;
};

/// Weights are (inputs x outputs), one column a unit; see Layer for the protocol.
/// A softmax layer normalises whole columns: its rows must be computed in one piece (`divisible()` is false), and it
/// leaves no slope, for cross-entropy does not read it.
class DenseLayer final : public Layer {
 public:
  DenseLayer(DenseSpec spec, ParameterLayout& layout);

  [[nodiscard]] const std::string& name() const override { return spec_.name; }
  [[nodiscard]] Index inputs() const override { return spec_.inputs; }
  [[nodiscard]] Index outputs() const override { return spec_.outputs; }
  [[nodiscard]] bool divisible() const override { return spec_.activation != Activation::softmax; }
  [[nodiscard]] const std::vector<Index>& blocks() const override { return blocks_; }

  void forward(const Pass& pass, const Scalar* parameters, ConstPanel input, Panel output, Panel slope,
               Range rows) const override;
  void backward(const Scalar* parameters, std::span<const BackwardShard> shards, Range rows) const override;
  [[nodiscard]] GradientPair gradient_pair(Index block, ConstPanel input, ConstPanel delta) const override;

  void forward(const Pass& pass, const Scalar* parameters, const Bf16Weights& weights, const Bf16Panel& input,
               Panel output, Panel slope, const Bf16Panel& packed, Range rows) const override;
  void backward(const Bf16Weights& weights, const Bf16Panel& delta, Panel input_slope, const Bf16Panel& packed,
                Range rows) const override;
  [[nodiscard]] Bf16GradientPair gradient_pair(Index block, const Bf16Panel& input,
                                               const Bf16Panel& delta) const override;

 private:
  /// What follows the product, in some columns of rows `rows`: bias, activation, dropout.
  void finish(const Pass& pass, const Scalar* parameters, Panel output, Panel slope, Range rows, Range columns) const;

  DenseSpec spec_;
  std::vector<Index> blocks_;
  Index weights_offset_ = 0;
  Index bias_offset_ = 0;
};

}  // namespace lockstep
