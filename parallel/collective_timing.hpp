// SPDX-License-Identifier: MIT
// Timing and counting what all ranks do together.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/types.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

/// Seconds that `calls` calls of `action` take the slowest rank; all begin together. The same on every rank.
/// Collective.
template <class Action>
[[nodiscard]] double collective_seconds(Index calls, Communicator& communicator, Action&& action) {
  using Clock = std::chrono::steady_clock;
  (void)gather_each(char{0}, communicator);
  const Clock::time_point start = Clock::now();
  for (Index call = 0; call < calls; ++call) action();
  const double own = std::chrono::duration<double>(Clock::now() - start).count();
  return std::ranges::max(gather_each(own, communicator));
}

/// The sum of all ranks' `own`, in their order. The same on every rank. Collective.
[[nodiscard]] inline double sum_over_ranks(double own, Communicator& communicator) {
  const std::vector<double> each = gather_each(own, communicator);
  return std::accumulate(each.begin(), each.end(), 0.0);
}

/// How many calls of `action` take about `seconds`, at least one; the same on every rank. Collective.
template <class Action>
[[nodiscard]] Index calls_for(double seconds, Communicator& communicator, Action&& action) {
  for (Index calls = 1;; calls *= 4) {
    const double taken = collective_seconds(calls, communicator, action);
    if (taken > seconds / 8)
      return std::max<Index>(1, static_cast<Index>(std::lround(static_cast<double>(calls) * seconds / taken)));
  }
}

}  // namespace lockstep
