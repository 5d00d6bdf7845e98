// SPDX-License-Identifier: MIT
// Points of the plane and of a line.
#pragma once

#include <cstdint>
#include <memory>

#include "io/synthetic/synthetic.hpp"

namespace lockstep {

/// Uniform in [-2.5, 2.5]^2; class "inside" where 1 <= norm <= 2 (38 % of the points), else "outside".
[[nodiscard]] std::unique_ptr<SyntheticSource> make_ring(std::uint64_t seed);

/// Uniform in [-2.5, 2.5]^2; class "mode" within 0.8 of one of three centres, which are 1.5 from the origin at 90, 210
/// and 330 degrees (24 % of the points), else "rest".
[[nodiscard]] std::unique_ptr<SyntheticSource> make_modes(std::uint64_t seed);

/// x uniform in [-4, 4], y = 0.5 x + 4 and normal noise of deviation 0.1.
[[nodiscard]] std::unique_ptr<SyntheticSource> make_line(std::uint64_t seed);

}  // namespace lockstep
