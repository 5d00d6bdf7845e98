// SPDX-License-Identifier: MIT
// The communicator over MPI.
#pragma once

#include <mpi.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "parallel/communicator.hpp"

namespace lockstep {

class MpiPulse;

/// Memory that packed messages lie in, used again and again: fresh memory would cost more than the copying.
class PackingMemory {
 public:
  /// Room for the longest packed message, free again when nobody holds it any more. Not thread-safe.
  [[nodiscard]] std::shared_ptr<std::byte[]> take();

 private:
  std::vector<std::shared_ptr<std::byte[]>> all_;
};

/// How this process uses MPI, on all its communicators: by whom, and with how much patience. Outlives the transfers.
struct MpiUse {
  MPI_Comm communicator = MPI_COMM_NULL;  ///< of all ranks
  std::mutex calls;                       ///< held during each call of MPI
  PackingMemory packing;                  ///< of the thread that communicates
  std::unique_ptr<MpiPulse> pulse;        ///< null: no signs of life are exchanged, and waits have no end
  double timeout_seconds = 0;             ///< of silence, after which a rank counts as lost; 0: never
  bool (*hurry)() = nullptr;              ///< true: this process was told to end, and four missed beats are enough
  bool own_cores = false;                 ///< every thread of every rank of this host has a core: waiting may keep its
};

/// Uses a communicator that it does not own: all ranks', or that of a group of them, whose members are then known by
/// their ranks there, and in errors and to the pulse by their ranks among all.
///
/// Messages go point to point: an exchange of slices has every rank send to every other anyway, and the receiver's
/// order of merging is ours. Long pieces go straight from memory to memory, in several messages; short ones are packed
/// together.
///
/// Waiting has no limit as long as the missing ranks give signs of life and do something (MpiPulse): a rank may write a
/// checkpoint or evaluate for an hour. It ends when a missing rank was silent for the timeout, or when all missing
/// ranks have themselves only waited for twice as long.
class MpiCommunicator final : public Communicator {
 public:
  /// All ranks.
  explicit MpiCommunicator(MpiUse& use);
  /// A group of them; `names` are its members' ranks among all.
  MpiCommunicator(MpiUse& use, MPI_Comm group, std::vector<int> names);

  [[nodiscard]] int rank() const override { return rank_; }
  [[nodiscard]] int ranks() const override { return ranks_; }
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send, std::span<const Pieces> receive,
                                                     Lane lane) override;
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts, Lane lane) override;

 private:
  /// All other ranks, beginning with the next one on the right (1) or left (-1): so not all address rank 0 at once.
  [[nodiscard]] std::vector<int> neighbours(int direction) const;

  MpiUse& use_;
  MPI_Comm communicator_;
  std::vector<int> names_;
  int rank_ = 0;
  int ranks_ = 1;
};

/// Throws Error naming the call when `status` is a failure.
void check_mpi(int status, const char* call);

}  // namespace lockstep
