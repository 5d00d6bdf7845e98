// SPDX-License-Identifier: MIT
// The first few ranks of a communicator, among themselves.
#pragma once

#include "parallel/communicator.hpp"

namespace lockstep {

/// Ranks 0 to `ranks` - 1 of another communicator, which must outlive it: only they make its calls, while the others
/// wait in the next call that all make. Everything goes by all_to_all, with nothing for the others.
class LeadingRanks final : public Communicator {
 public:
  LeadingRanks(Communicator& all, int ranks) : all_{all}, ranks_{ranks} {}
  [[nodiscard]] int rank() const override { return all_.rank(); }
  [[nodiscard]] int ranks() const override { return ranks_; }
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send, std::span<const Pieces> receive,
                                                     Lane lane) override;
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts, Lane lane) override;

 private:
  Communicator& all_;
  int ranks_;
};

}  // namespace lockstep
