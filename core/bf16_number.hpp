// SPDX-License-Identifier: MIT
// Single numbers in bfloat16, on any processor.
#pragma once

#include <bit>
#include <cstdint>

#include "core/types.hpp"

namespace lockstep {

/// The upper half of a float: its sign, its exponent and 7 bits of its fraction.
using Bf16 = std::uint16_t;

/// The nearest, ties to even. NaN stays NaN; what lies half a step or more beyond the greatest becomes infinite.
[[nodiscard]] inline Bf16 to_bf16(Scalar value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  const std::uint32_t nearest = bits + 0x7FFFU + ((bits >> 16U) & 1U);
  const std::uint32_t quiet_nan = bits | 0x400000U;
  const bool is_nan = (bits & 0x7FFFFFFFU) > 0x7F800000U;
  return static_cast<Bf16>((is_nan ? quiet_nan : nearest) >> 16U);
}

[[nodiscard]] inline Scalar from_bf16(Bf16 value) noexcept {
  return static_cast<Scalar>(std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16U));
}

/// The scalar that `value` is after a journey in bfloat16.
[[nodiscard]] inline Scalar rounded_to_bf16(Scalar value) noexcept { return from_bf16(to_bf16(value)); }

}  // namespace lockstep
