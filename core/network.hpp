// SPDX-License-Identifier: MIT
// A network: layers in a row over one parameter layout.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/activation.hpp"
#include "core/aligned_buffer.hpp"
#include "core/initializer.hpp"
#include "core/layer.hpp"
#include "core/loss.hpp"
#include "core/parameter_layout.hpp"

namespace lockstep {

/// The most inputs, units or outputs of one layer, and the most parameters of a network.
inline constexpr Index most_units = Index{1} << 30;
inline constexpr Index most_parameters = Index{1} << 50;

/// The form of a dense network. No hidden layers: linear, logistic or softmax regression.
struct NetworkSpec {
  Index inputs = 0;
  std::vector<Index> hidden;
  Index outputs = 0;
  Activation activation = Activation::relu;  ///< of hidden layers
  Activation output = Activation::linear;
  double input_dropout = 0;
  double dropout = 0;  ///< of hidden units

  friend bool operator==(const NetworkSpec&, const NetworkSpec&) = default;
};

class Network {
 public:
  /// Throws RequestError for sizes below 1 or beyond most_units, and for more than most_parameters.
  explicit Network(NetworkSpec spec);

  [[nodiscard]] const NetworkSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const ParameterLayout& layout() const noexcept { return layout_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Layer>>& layers() const noexcept { return layers_; }

  /// What is done to a shard's gathered inputs before the first layer: input dropout, in training.
  void prepare_input(const Pass& pass, Panel input) const;

  /// A fresh parameter buffer (layout().buffer_size() scalars).
  [[nodiscard]] AlignedBuffer initial_parameters(Initializer initializer, std::uint64_t seed) const;

 private:
  NetworkSpec spec_;
  ParameterLayout layout_;
  std::vector<std::unique_ptr<Layer>> layers_;
};

/// XXH3-64 of one block, to compare replicas by.
[[nodiscard]] std::uint64_t block_hash(const ParameterBlock& block, std::span<const Scalar> parameters);

/// XXH3-128 over the parameters in layout order, padding excluded, as 32 hex digits.
[[nodiscard]] std::string weights_hash(const ParameterLayout& layout, std::span<const Scalar> parameters);

}  // namespace lockstep
