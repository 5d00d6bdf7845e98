// SPDX-License-Identifier: MIT
// What the arithmetic units can do at most: the yardstick of benchmarks.
#pragma once

#include "core/types.hpp"

namespace lockstep {

/// Runs `rounds` rounds of independent fused multiply-adds in registers on the calling thread, and returns how many
/// floating-point operations (two each) that were. Touches no memory; safe on any number of threads.
[[nodiscard]] double multiply_adds_in_registers(Index rounds);

}  // namespace lockstep
