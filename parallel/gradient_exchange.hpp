// SPDX-License-Identifier: MIT
// Each rank's partial sums of a slice go to the slice's owner, who finishes them in the reduction tree's order.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/precision.hpp"
#include "parallel/communicator.hpp"
#include "parallel/slices.hpp"
#include "parallel/sum_hop.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// Sends and receives the partial sums of one step, parcel by parcel, and merges what arrived: from all ranks to the
/// owners, or, where the communicator knows of hosts, first within each host, to the rank that has the owner's place
/// there, who merges what its host has, and then to the owner. The tree is the same, and so are the bits.
class GradientExchange {
 public:
  /// With `numbers` bf16 the own sums must be such as bfloat16 holds.
  GradientExchange(const Slices& slices, Communicator& communicator, Workers& workers,
                   Precision numbers = Precision::float32);

  /// Begins a step of `leaves` leaves. `own` holds the sums of this rank's maximal blocks, one flat buffer each: what
  /// belongs to a parcel must be there, and packed, when it starts, and stay unchanged until the step's last merge.
  void begin(Index leaves, const std::vector<AlignedBuffer>& own);
  /// Makes columns of own sums, `stride` apart in their buffers, ready to travel in bfloat16; does nothing with floats.
  /// Thread-safe on distinct parts.
  void pack(Index offset, Index rows, Index columns, Index stride) { first_hop().pack(offset, rows, columns, stride); }
  /// Starts the exchange of one more parcel: the same in the same order on all ranks. Collective.
  void start(const Parcel& parcel);
  /// Parcels started so far in this step.
  [[nodiscard]] std::size_t started() const noexcept {
    return collection_ ? collection_->hop.started() : last_.started();
  }
  /// Lets all of them progress.
  void progress();
  /// Sends on what has arrived from this host's ranks. Not from within a job of several workers.
  void relay();
  /// True when all partial sums of the k-th parcel of this step are here.
  [[nodiscard]] bool arrived(std::size_t parcel) { return parcel < last_.started() && last_.arrived(parcel); }
  /// Returns when they are; relays, and calls `meanwhile`, until then. Not from within a job of several workers.
  void wait(
      std::size_t parcel, const std::function<void()>& meanwhile = [] {});

  /// The sum over all leaves of a part of one of this rank's pieces, which has arrived: whole units in order. Lies
  /// where it was computed, or in memory of the calling thread until its next call. Thread-safe.
  [[nodiscard]] std::span<const Scalar> sum(const SlicePiece& piece) const;

 private:
  /// A parcel between its hops: what this rank merges, cut for workers, and what it sends on.
  struct Relay {
    std::vector<SlicePiece> parts;
    Parcel parcel;
  };
  /// What the ranks of a host collect for the owners with their own place on all hosts.
  struct Collection {
    const HostGroups& groups;
    std::vector<Index> begins;          ///< where each host's slice begins in it, and its size
    SumHop hop;                         ///< within the host
    std::vector<AlignedBuffer> sums{};  ///< of the host's blocks, over the collection
    std::vector<Relay> relays{};        ///< of this step's parcels
  };

  [[nodiscard]] SumHop& first_hop() { return collection_ ? collection_->hop : last_; }
  /// `parcel` as it is collected within hosts; this rank's collection of it as it travels between them.
  [[nodiscard]] Parcel within_host(const Parcel& parcel) const;
  [[nodiscard]] Parcel across_hosts(const Parcel& parcel) const;
  /// A piece of a slice whose sums lie in the collection.
  [[nodiscard]] SlicePiece in_collection(SlicePiece piece, std::size_t host) const;
  /// Merges what this host has of the next parcel, which has arrived, and sends it to the owners.
  void send_on();

  int ranks_;
  Workers& workers_;
  std::optional<Collection> collection_;
  SumHop last_;  ///< to the owners
};

}  // namespace lockstep
