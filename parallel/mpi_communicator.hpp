// SPDX-License-Identifier: MIT
// The communicator over MPI.
#pragma once

#include <mpi.h>

#include "parallel/communicator.hpp"

namespace lockstep {

/// Uses a communicator that it does not own (MpiEnvironment frees it at the end, when all ranks are there).
///
/// Messages go point to point, each pair's as one message: an exchange of slices has every rank send to every
/// other anyway, the receiver's order of merging is ours, and pieces of memory travel without being packed first.
class MpiCommunicator final : public Communicator {
 public:
  explicit MpiCommunicator(MPI_Comm communicator);

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int ranks() const override { return ranks_; }
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send,
                                                     std::span<const Pieces> receive) override;
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts) override;

 private:
  MPI_Comm communicator_;
  int rank_ = 0;
  int ranks_ = 1;
};

/// Throws Error naming the call when `status` is a failure.
void check_mpi(int status, const char* call);

}  // namespace lockstep
