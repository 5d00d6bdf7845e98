// SPDX-License-Identifier: MIT
// Sums of small vectors over shards and ranks, in the reduction tree's order.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/reduction_tree.hpp"
#include "core/types.hpp"
#include "parallel/communicator.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// Adds up `leaves` vectors of `width` doubles (losses, counts, moments): each rank pushes its own leaves in order.
/// The result has the same bits for any number of ranks.
class OrderedSum {
 public:
  OrderedSum(Index leaves, Index width, const Communicator& communicator);

  [[nodiscard]] Range own_leaves() const noexcept { return own_; }

  /// The next of this rank's leaves.
  void push(std::span<const double> leaf);

  struct Total {
    std::vector<double> sums;
    bool vote = false;  ///< some rank voted yes
  };
  /// Sends this rank's part to all others, after all own leaves were pushed; a vote can travel along. Collective.
  void start(Communicator& communicator, bool vote = false);
  /// Waits for the others' parts; every rank gets the same total.
  [[nodiscard]] Total finish();

 private:
  void add(std::span<const double> values, TreeBlock block);

  Index leaves_;
  Index width_;
  Range own_;
  Index next_;
  TreeCounter counter_;
  std::vector<std::vector<double>> slots_;
  std::vector<std::vector<double>> messages_;  ///< by rank: the sums of its blocks, its vote
  std::unique_ptr<Transfer> transfer_;
};

/// Leaves that sum_over_leaves computes at a time, and so the number of slots it counts with.
[[nodiscard]] Index leaves_in_flight(const Workers& workers);

/// Computes all leaves and adds them up: `leaf(i, slot, values)` fills the `width` doubles of leaf i on any worker;
/// no two calls at a time have the same slot, a number in [0, leaves_in_flight).
/// `done(count)` tells of this rank's progress. Collective.
[[nodiscard]] std::vector<double> sum_over_leaves(
    Index leaves, Index width, Communicator& communicator, Workers& workers,
    const std::function<void(Index leaf, Index slot, std::span<double> values)>& leaf,
    const std::function<void(Index)>& done = {});

/// The least of the ranks' values, on every rank. Collective.
[[nodiscard]] Index least_of_ranks(Index value, Communicator& communicator);

/// True on every rank when it is on one. Collective.
[[nodiscard]] bool any_rank(bool vote, Communicator& communicator);

}  // namespace lockstep
