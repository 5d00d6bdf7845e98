// SPDX-License-Identifier: MIT
// Each rank's partial sums of a slice go to the slice's owner, who finishes them in the reduction tree's order.
#pragma once

#include <memory>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/reduction_tree.hpp"
#include "parallel/communicator.hpp"
#include "parallel/slices.hpp"

namespace lockstep {

/// Sends and receives the partial sums of one step, and merges what arrived.
class GradientExchange {
 public:
  GradientExchange(const Slices& slices, Communicator& communicator);

  /// Starts the exchange of a step of `leaves` leaves. `own` holds the sums of this rank's maximal blocks, one flat
  /// buffer each, and must stay unchanged until the step's last merge. Collective.
  void start(Index leaves, const std::vector<AlignedBuffer>& own);
  /// Returns when all partial sums are here.
  void wait();

  /// The sum over all leaves of units [units.begin, units.end) (within the piece's) of one of this rank's pieces: whole
  /// units in order. Lies where it was computed, or in memory of the calling thread until its next call. Thread-safe.
  [[nodiscard]] std::span<const Scalar> sum(const SlicePiece& piece, Range units) const;

 private:
  /// One block of the tree as it lies in memory: in an own buffer (by offset) or as received (by offset in slice).
  struct Source {
    TreeBlock block;
    const Scalar* data = nullptr;
    bool own = false;
  };

  const Slices& slices_;
  Communicator& communicator_;
  std::vector<AlignedBuffer> received_;  ///< by rank
  std::vector<Source> sources_;          ///< in leaf order
  std::unique_ptr<Transfer> transfer_;
};

}  // namespace lockstep
