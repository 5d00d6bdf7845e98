// SPDX-License-Identifier: MIT
// Finding infinities and NaN by the bits of their exponents: integers run in vectors where chains of tests do not.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/types.hpp"

namespace lockstep {

using ScalarBits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;

/// The exponent of infinity and NaN, greater than that of every number.
inline constexpr ScalarBits no_number = std::bit_cast<ScalarBits>(std::numeric_limits<Scalar>::infinity());

/// The exponent of `value`, in place; the greatest of several values' tells whether one of them is not finite.
[[nodiscard]] inline ScalarBits exponent_bits(Scalar value) { return std::bit_cast<ScalarBits>(value) & no_number; }

}  // namespace lockstep
