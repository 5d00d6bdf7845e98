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

/// Sends and receives the partial sums of one step, parcel by parcel, and merges what arrived.
class GradientExchange {
 public:
  GradientExchange(const Slices& slices, Communicator& communicator);

  /// Begins a step of `leaves` leaves. `own` holds the sums of this rank's maximal blocks, one flat buffer each: what
  /// belongs to a parcel must be there when it starts, and stay unchanged until the step's last merge.
  void begin(Index leaves, const std::vector<AlignedBuffer>& own);
  /// Starts the exchange of one more parcel: the same in the same order on all ranks. Collective.
  void start(const Parcel& parcel);
  /// Parcels started so far in this step.
  [[nodiscard]] std::size_t started() const noexcept { return transfers_.size(); }
  /// Lets all of them progress.
  void progress();
  /// True when all partial sums of the k-th parcel of this step are here.
  [[nodiscard]] bool arrived(std::size_t parcel) { return transfers_[parcel]->test(); }
  /// Returns when they are.
  void wait(std::size_t parcel) { transfers_[parcel]->wait(); }

  /// The sum over all leaves of a part of one of this rank's pieces, which has arrived: whole units in order. Lies
  /// where it was computed, or in memory of the calling thread until its next call. Thread-safe.
  [[nodiscard]] std::span<const Scalar> sum(const SlicePiece& piece) const;

 private:
  /// One block of the tree as it lies in memory: in an own buffer (by offset) or as received (by offset in slice).
  struct Source {
    TreeBlock block;
    int rank = 0;
    const Scalar* data = nullptr;
    Scalar* incoming = nullptr;  ///< the same, where it comes from another rank
  };

  const Slices& slices_;
  Communicator& communicator_;
  std::vector<AlignedBuffer> received_;  ///< by rank
  std::vector<Source> sources_;          ///< in leaf order
  std::vector<std::unique_ptr<Transfer>> transfers_;
};

}  // namespace lockstep
