// SPDX-License-Identifier: MIT
// Partial sums as messages, and merged in the tree's order.
#include "parallel/sum_hop.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "parallel/trace.hpp"

namespace lockstep {

/// Adds runs of scalars out of place the first time, so that no source is copied.
class SumHop::Adder {
 public:
  Adder(Index size, std::size_t depth, bool rounds)
      : size_{size},
        rounds_{rounds},
        slots_(depth),
        memory_{thread_scratch<Adder>(padded(size) * static_cast<Index>(depth)).data()} {}

  void set(int slot, const Scalar* values) { slots_[static_cast<std::size_t>(slot)] = values; }
  void unpack(int slot, const Bf16* values) {
    Scalar* const scalars = memory(slot);
    for (Index i = 0; i < size_; ++i) scalars[i] = from_bf16(values[i]);
    set(slot, scalars);
  }
  [[nodiscard]] const Scalar* get(int slot) const { return slots_[static_cast<std::size_t>(slot)]; }

  void add(int into, int from) {
    const Scalar* left = get(into);
    const Scalar* right = get(from);
    Scalar* sum = memory(into);
    if (rounds_)
      for (Index i = 0; i < size_; ++i) sum[i] = rounded_to_bf16(left[i] + right[i]);
    else
      for (Index i = 0; i < size_; ++i) sum[i] = left[i] + right[i];
    set(into, sum);
  }

 private:
  [[nodiscard]] Scalar* memory(int slot) const { return memory_ + padded(size_) * slot; }

  Index size_;
  bool rounds_;
  std::vector<const Scalar*> slots_;
  Scalar* memory_;
};

SumHop::SumHop(Communicator& members, Index collected, Precision numbers)
    : members_{members},
      collected_{collected},
      numbers_{numbers},
      number_bytes_{numbers == Precision::bf16 ? sizeof(Bf16) : sizeof(Scalar)},
      received_(static_cast<std::size_t>(members.ranks())) {}

void SumHop::begin(std::vector<std::vector<TreeBlock>> blocks, const std::vector<AlignedBuffer>& own) {
  const auto self = static_cast<std::size_t>(members_.rank());
  own_ = &own;
  sources_.clear();
  transfers_.clear();
  packed_.resize(numbers_ == Precision::bf16 && blocks.size() > 1 ? blocks[self].size() : 0);
  for (std::size_t k = 0; k < packed_.size(); ++k) packed_[k].resize(static_cast<std::size_t>(own[k].size()));
  const std::size_t bytes = static_cast<std::size_t>(collected_) * number_bytes_;
  for (std::size_t member = 0; member < blocks.size(); ++member) {
    std::vector<std::byte>& received = received_[member];
    if (member != self && received.size() < bytes * blocks[member].size())
      received.resize(bytes * blocks[member].size());
    for (std::size_t k = 0; k < blocks[member].size(); ++k)
      sources_.push_back({.block = blocks[member][k],
                          .member = member,
                          .own = member == self ? own[k].data() : nullptr,
                          .incoming = member == self ? nullptr : received.data() + bytes * k});
  }
}

void SumHop::pack(Index offset, Index rows, Index columns, Index stride) {
  if (rows == stride) {  // columns touch
    rows *= columns;
    columns = 1;
  }
  for (std::size_t k = 0; k < packed_.size(); ++k)
    for (Index column = 0; column < columns; ++column) {
      const Scalar* const scalars = (*own_)[k].data() + offset + column * stride;
      Bf16* const packed = packed_[k].data() + offset + column * stride;
      for (Index row = 0; row < rows; ++row) packed[row] = to_bf16(scalars[row]);
    }
}

void SumHop::start(const Parcel& parcel) {
  const auto self = static_cast<std::size_t>(members_.rank());
  std::vector<ConstPieces> send(parcel.pieces.size());
  std::vector<Pieces> receive(parcel.pieces.size());
  std::size_t own_block = 0;
  for (const Source& source : sources_) {
    if (source.own == nullptr) {
      for (const SlicePiece& piece : parcel.pieces[self])
        receive[source.member].push_back(
            {source.incoming + static_cast<std::size_t>(piece.offset_in_slice) * number_bytes_,
             static_cast<std::size_t>(piece.size()) * number_bytes_});
      continue;
    }
    for (std::size_t member = 0; member < send.size(); ++member)
      if (member != self)
        for (const SlicePiece& piece : parcel.pieces[member])
          send[member].push_back(packed_.empty() ? bytes_of(source.own + piece.offset, piece.size())
                                                 : bytes_of(packed_[own_block].data() + piece.offset, piece.size()));
    ++own_block;
  }
  transfers_.push_back(members_.all_to_all(send, receive, Lane::gradients));
}

void SumHop::progress() {
  for (const std::unique_ptr<Transfer>& transfer : transfers_) (void)transfer->test();
}

SumHop::Adder SumHop::adder(const SlicePiece& piece) const {
  return {piece.size(), sources_.size(), numbers_ == Precision::bf16};
}

TreeCounter SumHop::merge(const SlicePiece& piece, Adder& adder) const {
  TreeCounter counter;
  for (const Source& source : sources_) {
    if (source.own != nullptr)
      adder.set(counter.depth(), source.own + piece.offset);
    else if (numbers_ == Precision::bf16)
      adder.unpack(counter.depth(), reinterpret_cast<const Bf16*>(source.incoming) + piece.offset_in_slice);
    else
      adder.set(counter.depth(), reinterpret_cast<const Scalar*>(source.incoming) + piece.offset_in_slice);
    counter.push(source.block, adder);
  }
  return counter;
}

BlockSums SumHop::merged(const SlicePiece& piece) const {
  const TraceSpan span{"exchange: add"};
  Adder sums = adder(piece);
  const TreeCounter counter = merge(piece, sums);
  BlockSums blocks;
  for (int slot = 0; slot < counter.depth(); ++slot) blocks.push_back(sums.get(slot));
  return blocks;
}

const Scalar* SumHop::sum(const SlicePiece& piece) const {
  const TraceSpan span{"exchange: add"};
  Adder sums = adder(piece);
  merge(piece, sums).finish(sums);
  return sums.get(0);
}

}  // namespace lockstep
