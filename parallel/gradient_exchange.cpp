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

void GradientExchange::start(Index leaves, const std::vector<AlignedBuffer>& own) {
  const int ranks = communicator_.ranks();
  const int self = communicator_.rank();
  const Index slice_size = slices_.size(self);
  std::vector<ConstPieces> send(static_cast<std::size_t>(ranks));
  std::vector<Pieces> receive(static_cast<std::size_t>(ranks));
  sources_.clear();
  for (int rank = 0; rank < ranks; ++rank) {
    const auto r = static_cast<std::size_t>(rank);
    const std::vector<TreeBlock> blocks = maximal_blocks(leaves_of_rank(leaves, rank, ranks));
    if (rank == self) {
      for (std::size_t k = 0; k < blocks.size(); ++k)
        sources_.push_back({.block = blocks[k], .data = own[k].data(), .own = true});
      continue;
    }
    const Index incoming = slice_size * static_cast<Index>(blocks.size());
    if (received_[r].size() < incoming) received_[r] = AlignedBuffer{incoming};
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      Scalar* const data = received_[r].data() + slice_size * static_cast<Index>(k);
      for (const SlicePiece& piece : slices_.of(self))
        receive[r].push_back(writable_bytes_of(data + piece.offset_in_slice, piece.size()));
      sources_.push_back({.block = blocks[k], .data = data});
    }
    const std::size_t own_blocks = maximal_blocks(leaves_of_rank(leaves, self, ranks)).size();
    for (std::size_t k = 0; k < own_blocks; ++k)
      for (const SlicePiece& piece : slices_.of(rank))
        send[r].push_back(bytes_of(own[k].data() + piece.offset, piece.size()));
  }
  transfer_ = communicator_.all_to_all(send, receive);
}

void GradientExchange::wait() { transfer_->wait(); }

std::span<const Scalar> GradientExchange::sum(const SlicePiece& piece, Range units) const {
  const Index skipped = (units.begin - piece.units.begin) * piece.fan_in;
  const Index size = units.size() * piece.fan_in;
  RunAdder adder{size, static_cast<int>(sources_.size())};
  TreeCounter counter;
  for (const Source& source : sources_) {
    const Scalar* start = source.data + (source.own ? piece.offset : piece.offset_in_slice) + skipped;
    adder.set(counter.depth(), start);
    counter.push(source.block, adder);
  }
  counter.finish(adder);
  return {adder.get(0), static_cast<std::size_t>(size)};
}

}  // namespace lockstep
