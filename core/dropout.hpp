// SPDX-License-Identifier: MIT
// Dropout masks: which units live, as a function of seed, step, layer, position in the batch and unit.
#pragma once

#include "core/panel.hpp"
#include "core/random.hpp"

namespace lockstep {

/// The drop rate as applied: the nearest multiple of 2^-16, for each unit is decided by 16 random bits.
[[nodiscard]] double applied_drop_rate(double rate);

/// Multiplies each unit of each column by 0 (dropped) or 1 / (1 - rate) (kept): Srivastava et al. 2014, scaled at
/// training time. `first_position` is the place of column 0 in the batch; unit u of position p is decided by the
/// u-th 16 bits of `random_words(key, p, u / 8)`. When `also` has data, it is multiplied by the same mask.
/// Thread-safe on disjoint panels; `first_row` is the unit of row 0, a multiple of 16, so that row blocks can be masked
/// apart.
void apply_dropout(double rate, StreamKey key, Index first_position, Index first_row, Panel values, Panel also = {});

}  // namespace lockstep
