// SPDX-License-Identifier: MIT
// Predictions of a whole data set, window by window, on all ranks.
#pragma once

#include <functional>
#include <vector>

#include "core/panel.hpp"
#include "core/types.hpp"
#include "parallel/communicator.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// What is filled in for each sample: `panels` columns of `outputs` scalars.
struct WindowForm {
  Index samples = 0;  ///< of the data set
  Index outputs = 0;
  std::size_t panels = 1;
};

/// Shards of a window that a rank works on at a time, and so the number of slots it counts with.
[[nodiscard]] Index window_slots(const Workers& workers);

/// For windows of consecutive samples, in order: `fill(rows, slot, panels, column)` writes the columns from `column` on
/// of the samples `rows`, a shard, on any worker of one rank; no two calls at a time have the same slot, a number in
/// [0, window_slots). Then `sink(first_row, panels)` is called on every rank with the complete window. Collective.
void for_each_window(
    const WindowForm& form, Communicator& communicator, Workers& workers,
    const std::function<void(Range rows, Index slot, const std::vector<Panel>& panels, Index column)>& fill,
    const std::function<void(Index first_row, const std::vector<Panel>& panels)>& sink);

}  // namespace lockstep
