// SPDX-License-Identifier: MIT
// From the ranks' partial sums to the owners' sums, and the state that owners keep.
#include "parallel/gradient_exchange.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/network.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/slice_update.hpp"
#include "support/mpi_world.hpp"

namespace lockstep {
namespace {

using test::world;

struct BufferSums {
  std::vector<AlignedBuffer>& slots;
  void add(int into, int from) {
    AlignedBuffer& left = slots[static_cast<std::size_t>(into)];
    for (Index i = 0; i < left.size(); ++i) left.data()[i] += slots[static_cast<std::size_t>(from)].data()[i];
  }
};

/// A leaf's gradient: numbers whose sum shows its order.
AlignedBuffer leaf_gradient(Index leaf, Index size) {
  AlignedBuffer gradient{size};
  for (Index i = 0; i < size; ++i)
    gradient.data()[i] = static_cast<Scalar>(1.0 / static_cast<double>(3 + 7 * leaf + i)) *
                         static_cast<Scalar>(leaf % 3 == 1 ? -1e4 : 1);
  return gradient;
}

/// The waiting sums after leaves [leaves.begin, leaves.end); all added up when `finish`.
std::vector<AlignedBuffer> summed(Range leaves, Index size, bool finish) {
  std::vector<AlignedBuffer> slots;
  TreeCounter counter;
  for (Index leaf = leaves.begin; leaf < leaves.end; ++leaf) {
    const auto slot = static_cast<std::size_t>(counter.depth());
    if (slots.size() <= slot) slots.emplace_back();
    slots[slot] = leaf_gradient(leaf, size);
    counter.push({.level = 0, .start = leaf}, BufferSums{slots});
  }
  if (finish) counter.finish(BufferSums{slots});
  return slots;
}

/// Two parcels, each with a part of everyone's units.
std::vector<Parcel> halves(const Slices& slices) {
  std::vector<Parcel> parcels(2);
  for (int rank = 0; rank < slices.ranks(); ++rank) {
    for (Parcel& parcel : parcels) parcel.pieces.emplace_back();
    for (const SlicePiece& piece : slices.of(rank)) {
      const Index middle = (piece.units.begin + piece.units.end) / 2;
      if (middle > piece.units.begin) parcels[0].pieces.back().push_back(piece.part({piece.units.begin, middle}));
      parcels[1].pieces.back().push_back(piece.part({middle, piece.units.end}));
    }
  }
  return parcels;
}

/// Exchanges the ranks' sums of 1 to 16 leaves and compares them with those of one rank alone.
void expect_sums_of_one_rank(Communicator& ranks) {
  const Network network{{.inputs = 13, .hidden = {17}, .outputs = 3}};
  const Index size = network.layout().buffer_size();
  const Slices slices{network.layout(), ranks.ranks()};
  Workers workers{2};
  GradientExchange exchange{slices, ranks, workers};
  const std::vector<Parcel> parcels = halves(slices);
  for (const Index leaves : {1, 2, 5, 13, 16}) {
    const std::vector<AlignedBuffer> expected = summed({0, leaves}, size, true);
    const std::vector<AlignedBuffer> own = summed(leaves_of_rank(leaves, ranks.rank(), ranks.ranks()), size, false);
    exchange.begin(leaves, own);
    for (const Parcel& parcel : parcels) exchange.start(parcel);
    for (std::size_t k : {1U, 0U}) {
      exchange.wait(k);
      for (const SlicePiece& piece : parcels[k].pieces[static_cast<std::size_t>(ranks.rank())]) {
        for (Index first = piece.units.begin; first < piece.units.end; ++first) {
          const Range units{first, piece.units.end};
          const std::span<const Scalar> sum = exchange.sum(piece.part(units));
          ASSERT_EQ(static_cast<Index>(sum.size()), units.size() * piece.fan_in);
          const Scalar* wanted = expected[0].data() + piece.offset + (first - piece.units.begin) * piece.fan_in;
          EXPECT_TRUE(std::equal(sum.begin(), sum.end(), wanted)) << leaves << " leaves, block " << piece.block;
        }
      }
    }
  }
}

TEST(GradientExchange, FinishesTheSumsOfOneRankAloneOnTheirOwners) { expect_sums_of_one_rank(world()); }

TEST(GradientExchange, FinishesTheSameSumsByWayOfTheirHosts) {
  for (int each = 1; each <= world().ranks(); ++each) {
    if (world().ranks() % each != 0) continue;
    SCOPED_TRACE(std::to_string(each) + " ranks on each host");
    expect_sums_of_one_rank(test::by_hosts(each));
  }
}

TEST(SliceUpdate, GathersTheStateThatItWasGiven) {
  const Network network{{.inputs = 13, .hidden = {17}, .outputs = 3}};
  const ParameterLayout& layout = network.layout();
  const Slices slices{layout, world().ranks()};
  Workers workers{2};
  SliceUpdate update{layout, slices, {slices.parcel()}, Optimizer::adam, world(), workers};
  std::vector<AlignedBuffer> state;
  state.push_back(leaf_gradient(2, layout.buffer_size()));
  state.push_back(leaf_gradient(5, layout.buffer_size()));
  update.set_state(state);
  const std::vector<AlignedBuffer> gathered = update.gather_state();
  if (world().rank() != 0) {
    EXPECT_TRUE(gathered.empty());
    return;
  }
  ASSERT_EQ(gathered.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i)
    for (const ParameterBlock& block : layout.blocks())
      EXPECT_TRUE(std::equal(gathered[i].data() + block.offset, gathered[i].data() + block.offset + block.size(),
                             state[i].data() + block.offset))
          << block.name;
}

}  // namespace
}  // namespace lockstep
