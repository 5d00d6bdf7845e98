// SPDX-License-Identifier: MIT
// First weights, drawn by parameter index.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/activation.hpp"
#include "core/parameter_layout.hpp"

namespace lockstep {

/// he: normal, variance 2 / fan_in (He et al. 2015). glorot: uniform on +-sqrt(6 / (fan_in + units)) (Glorot & Bengio
/// 2010). lecun: normal, variance 1 / fan_in (LeCun et al. 1998). Biases start at zero.
enum class Initializer { he, glorot, lecun };

[[nodiscard]] std::string_view name_of(Initializer initializer);
[[nodiscard]] Initializer initializer_named(std::string_view name);

/// he for the ReLU family (relu, leaky-relu, elu, gelu, silu), glorot for the others.
[[nodiscard]] Initializer initializer_for(Activation activation);

/// Writes the weights of block number `block_index` (all of `weights`, block.size() scalars). Weight k of the block is
/// a function of (seed, block_index, k) alone. A bias block is set to zero.
void initialize(Initializer initializer, std::uint64_t seed, Index block_index, const ParameterBlock& block,
                std::span<Scalar> weights);

}  // namespace lockstep
