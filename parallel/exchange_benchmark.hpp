// SPDX-License-Identifier: MIT
// What the fixed order of sums costs between ranks: the exchange of a step against a sum in any order.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "parallel/communicator.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// A gradient to add up over all ranks.
struct ExchangeCase {
  Index floats = 0;  ///< at least 16
  Index leaves = 0;  ///< shards of the batch, shared out over the ranks as in training
};

/// One repetition: seconds of one sum, either way, measured beside each other because machines drift.
struct ExchangeTimes {
  double ordered_seconds = 0;
  double any_order_seconds = 0;
  [[nodiscard]] double ratio() const { return ordered_seconds / any_order_seconds; }
};

/// Every rank's second argument becomes the sum of all ranks' first ones. Collective.
using SumInAnyOrder = std::function<void(std::span<const Scalar>, std::span<Scalar>)>;

/// Times the exchange as a step does it, from each rank's partial sums, through those of slices on their owners, to
/// the whole sum on every rank; and `any_order` on one vector of the same length from each rank. The gradient is cut
/// into blocks as that of a network of three layers. `seconds` is what both take in one repetition, about. Throws Error
/// when the two sums differ by more than rounding. Every rank returns the same times. Collective.
[[nodiscard]] std::vector<ExchangeTimes> measure_exchange(const ExchangeCase& what, int repetitions, double seconds,
                                                          const SumInAnyOrder& any_order, Communicator& communicator,
                                                          Workers& workers);

/// Seconds of one such exchange in order, alone; `seconds` is what the exchanges take together, about. The same on
/// every rank. Collective.
[[nodiscard]] double ordered_exchange_seconds(const ExchangeCase& what, double seconds, Communicator& communicator,
                                              Workers& workers);

/// The most partial sums that any rank sends to each owner: 1 where the ranks' shares of leaves are whole subtrees.
[[nodiscard]] Index most_partial_sums(Index leaves, int ranks);

}  // namespace lockstep
