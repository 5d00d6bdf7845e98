// SPDX-License-Identifier: MIT
// Truth tables as data sets.
#pragma once

#include <cstdint>
#include <memory>

#include "io/synthetic/synthetic.hpp"

namespace lockstep {

/// Corners of the unit cube, each coordinate moved by uniform noise of at most 0.1, so that repeated corners differ and
/// no point leaves its class. Corners are balanced: every run of 4 (parity: 16) samples holds each once, in random
/// order. Classes "false" and "true".
[[nodiscard]] std::unique_ptr<SyntheticSource> make_and(std::uint64_t seed);
[[nodiscard]] std::unique_ptr<SyntheticSource> make_or(std::uint64_t seed);
[[nodiscard]] std::unique_ptr<SyntheticSource> make_xor(std::uint64_t seed);
[[nodiscard]] std::unique_ptr<SyntheticSource> make_parity(std::uint64_t seed);  ///< 4 features

}  // namespace lockstep
