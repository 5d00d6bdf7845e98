// SPDX-License-Identifier: MIT
// The ordered reduce-scatter.
#include "parallel/gradient_exchange.hpp"

#include <algorithm>

namespace lockstep {
namespace {

/// Adds runs of scalars out of place the first time, so that no source is copied.
class RunAdder {
 public:
  RunAdder(Index size, int depth)
      : size_{size},
        slots_(static_cast<std::size_t>(depth)),
        memory_{thread_scratch<RunAdder>(padded(size) * depth).data()} {}

  void set(int slot, const Scalar* values) { slots_[static_cast<std::size_t>(slot)] = values; }
  [[nodiscard]] const Scalar* get(int slot) const { return slots_[static_cast<std::size_t>(slot)]; }

  void add(int into, int from) {
    const Scalar* left = get(into);
    const Scalar* right = get(from);
    Scalar* sum = memory_ + padded(size_) * into;
    for (Index i = 0; i < size_; ++i) sum[i] = left[i] + right[i];
    set(into, sum);
  }

 private:
  Index size_;
  std::vector<const Scalar*> slots_;
  Scalar* memory_;
};

}  // namespace

GradientExchange::GradientExchange(const Slices& slices, Communicator& communicator)
    : slices_{slices}, communicator_{communicator}, received_(static_cast<std::size_t>(communicator.ranks())) {}

void GradientExchange::begin(Index leaves, const std::vector<AlignedBuffer>& own) {
  const int ranks = communicator_.ranks();
  const int self = communicator_.rank();
  const Index slice_size = slices_.size(self);
  sources_.clear();
  transfers_.clear();
  for (int rank = 0; rank < ranks; ++rank) {
    AlignedBuffer& received = received_[static_cast<std::size_t>(rank)];
    const std::vector<TreeBlock> blocks = maximal_blocks(leaves_of_rank(leaves, rank, ranks));
    const Index needed = rank == self ? 0 : slice_size * static_cast<Index>(blocks.size());
    if (received.size() < needed) received = AlignedBuffer{needed};
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      Scalar* const incoming = rank == self ? nullptr : received.data() + slice_size * static_cast<Index>(k);
      sources_.push_back(
          {.block = blocks[k], .rank = rank, .data = rank == self ? own[k].data() : incoming, .incoming = incoming});
    }
  }
}

void GradientExchange::start(const Parcel& parcel) {
  const int self = communicator_.rank();
  std::vector<ConstPieces> send(parcel.pieces.size());
  std::vector<Pieces> receive(parcel.pieces.size());
  for (const Source& source : sources_) {
    if (source.rank != self) {
      for (const SlicePiece& piece : parcel.pieces[static_cast<std::size_t>(self)])
        receive[static_cast<std::size_t>(source.rank)].push_back(
            writable_bytes_of(source.incoming + piece.offset_in_slice, piece.size()));
      continue;
    }
    for (std::size_t owner = 0; owner < send.size(); ++owner)
      if (static_cast<int>(owner) != self)
        for (const SlicePiece& piece : parcel.pieces[owner])
          send[owner].push_back(bytes_of(source.data + piece.offset, piece.size()));
  }
  transfers_.push_back(communicator_.all_to_all(send, receive, Lane::gradients));
}

void GradientExchange::progress() {
  for (const std::unique_ptr<Transfer>& transfer : transfers_) (void)transfer->test();
}

std::span<const Scalar> GradientExchange::sum(const SlicePiece& piece) const {
  RunAdder adder{piece.size(), static_cast<int>(sources_.size())};
  TreeCounter counter;
  for (const Source& source : sources_) {
    const bool own = source.rank == communicator_.rank();
    adder.set(counter.depth(), source.data + (own ? piece.offset : piece.offset_in_slice));
    counter.push(source.block, adder);
  }
  counter.finish(adder);
  return {adder.get(0), static_cast<std::size_t>(piece.size())};
}

}  // namespace lockstep
