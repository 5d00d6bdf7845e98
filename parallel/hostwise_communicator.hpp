// SPDX-License-Identifier: MIT
// Ranks on several hosts, who gather from other hosts by as few messages as there are hosts.
#pragma once

#include <array>
#include <deque>
#include <memory>

#include "parallel/communicator.hpp"

namespace lockstep {

/// All ranks of another communicator, which must outlive it, as must those of `groups`. What all gather goes first to
/// the rank with the same place on each other host, which passes it on within its own: among r ranks on h hosts a rank
/// sends h - 1 messages and r / h - 1 instead of r - 1, and to each host goes one copy instead of r / h. A rank passes
/// on what has come whenever it looks at, or waits for, any of these transfers.
class HostwiseCommunicator final : public Communicator {
 public:
  HostwiseCommunicator(Communicator& all, HostGroups groups) : all_{all}, groups_{groups} {}
  [[nodiscard]] int rank() const override { return all_.rank(); }
  [[nodiscard]] int ranks() const override { return all_.ranks(); }
  [[nodiscard]] const HostGroups* hosts() const override { return &groups_; }
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send, std::span<const Pieces> receive,
                                                     Lane lane) override {
    return all_.all_to_all(send, receive, lane);
  }
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts, Lane lane) override;

 private:
  class Gathering;
  class HostwiseTransfer;

  /// Begins all second hops whose first is over.
  void pass_on();

  Communicator& all_;
  HostGroups groups_;
  /// By lane: those whose second hop has not begun, in their order, in which it must begin on all ranks.
  std::array<std::deque<std::shared_ptr<Gathering>>, lane_count> arriving_;
};

}  // namespace lockstep
