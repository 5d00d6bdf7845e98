// SPDX-License-Identifier: MIT
// One hop of partial sums: from the ranks that added them up to those that go on adding.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bf16_number.hpp"
#include "core/precision.hpp"
#include "core/reduction_tree.hpp"
#include "parallel/communicator.hpp"
#include "parallel/slices.hpp"

namespace lockstep {

/// Sums of some of the tree's blocks over a part of the parameters, in the blocks' order.
using BlockSums = std::vector<const Scalar*>;

/// Each member of a communicator holds the sums of its blocks of leaves, and collects those of some parameters from all
/// others; members' leaves follow each other. Parcels travel one after another, all collective calls are made by one
/// thread of each rank.
class SumHop {
 public:
  /// `collected`: scalars that this member collects. With `numbers` bf16 all sums are such as bfloat16 holds, travel as
  /// such, and are rounded to it whenever two are added.
  SumHop(Communicator& members, Index collected, Precision numbers);

  /// Begins a step. `blocks` by member; `own` holds the sums of this one's, a buffer each: what belongs to a parcel
  /// must be there, and with bf16 packed, when it starts, and stay unchanged until the step's last merge.
  void begin(std::vector<std::vector<TreeBlock>> blocks, const std::vector<AlignedBuffer>& own);
  /// Makes columns of own sums, `stride` apart in their buffers, ready to travel in bfloat16; does nothing with floats.
  /// Thread-safe on distinct parts.
  void pack(Index offset, Index rows, Index columns, Index stride);
  /// Sends and receives one more parcel, whose pieces are given by the member that collects them: the same in the same
  /// order on all members. A piece's `offset` is its place in own buffers. Collective.
  void start(const Parcel& parcel);
  [[nodiscard]] std::size_t started() const noexcept { return transfers_.size(); }
  void progress();
  [[nodiscard]] bool arrived(std::size_t parcel) { return transfers_[parcel]->test(); }
  void wait(std::size_t parcel, const std::function<void()>& meanwhile) { transfers_[parcel]->wait(meanwhile); }

  /// Of a part of one of the collected pieces, which has arrived: the sums of the maximal blocks of all members' leaves
  /// together. They lie where they were computed, or in memory of the calling thread until its next call. Thread-safe.
  [[nodiscard]] BlockSums merged(const SlicePiece& piece) const;
  /// Their sum over all leaves, when the members' leaves are all there are.
  [[nodiscard]] const Scalar* sum(const SlicePiece& piece) const;

 private:
  /// One block of the tree as it lies in memory: in an own buffer (by offset) or as received (by offset in slice).
  struct Source {
    TreeBlock block;
    std::size_t member = 0;
    const Scalar* own = nullptr;    ///< null: it comes from another member
    std::byte* incoming = nullptr;  ///< then, as it travels
  };
  class Adder;

  [[nodiscard]] Adder adder(const SlicePiece& piece) const;
  /// Pushes all blocks.
  [[nodiscard]] TreeCounter merge(const SlicePiece& piece, Adder& adder) const;

  Communicator& members_;
  Index collected_;
  Precision numbers_;
  std::size_t number_bytes_;
  const std::vector<AlignedBuffer>* own_ = nullptr;
  std::vector<std::vector<Bf16>> packed_;         ///< own sums, by block, where they travel in bfloat16
  std::vector<std::vector<std::byte>> received_;  ///< by member
  std::vector<Source> sources_;                   ///< in leaf order
  std::vector<std::unique_ptr<Transfer>> transfers_;
};

}  // namespace lockstep
