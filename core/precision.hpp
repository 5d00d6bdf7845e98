// SPDX-License-Identifier: MIT
// The numbers that matrix products of training multiply.
#pragma once

#include <array>

#include "core/names.hpp"

namespace lockstep {

/// float32: the library's own numbers (Scalar, so double in the double build). bf16: bfloat16 (8 bits of mantissa, a
/// float's range). Of products: operands are rounded and summed in float32; parameters, gradients and everything else
/// stay as they are. Of the exchange: see `TrainConfig::exchange`.
enum class Precision { float32, bf16 };

inline constexpr std::array<Named<Precision>, 2> precision_names{
    {{Precision::float32, "float32"}, {Precision::bf16, "bf16"}}};

}  // namespace lockstep
