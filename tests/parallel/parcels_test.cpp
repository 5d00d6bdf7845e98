// SPDX-License-Identifier: MIT
// How the gradient is cut for its journey.
#include "parallel/parcels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace lockstep {
namespace {

struct Planned {
  explicit Planned(NetworkSpec spec, int ranks)
      : network{std::move(spec)},
        slices{network.layout(), ranks},
        gradient{network},
        parcels{plan_parcels(network, slices, gradient.tiles())} {}

  Network network;
  Slices slices;
  WeightGradient gradient;
  std::vector<PlannedParcel> parcels;
};

constexpr auto small = [](int ranks) { return Planned{{.inputs = 13, .hidden = {17, 11}, .outputs = 3}, ranks}; };
constexpr auto large = [](int ranks) { return Planned{{.inputs = 101, .hidden = {1009, 2003}, .outputs = 7}, ranks}; };

TEST(Parcels, HoldEveryParameterOfEveryOwnerOnce) {
  for (const int ranks : {1, 2, 3, 7}) {
    const Planned planned = large(ranks);
    for (int rank = 0; rank < ranks; ++rank) {
      std::vector<int> times(static_cast<std::size_t>(planned.network.layout().buffer_size()));
      for (const PlannedParcel& each : planned.parcels)
        for (const SlicePiece& piece : each.parcel.pieces[static_cast<std::size_t>(rank)])
          for (Index i = 0; i < piece.size(); ++i) ++times[static_cast<std::size_t>(piece.offset + i)];
      for (const SlicePiece& piece : planned.slices.of(rank)) {
        const auto begin = times.begin() + piece.offset;
        EXPECT_TRUE(std::all_of(begin, begin + piece.size(), [](int count) { return count == 1; }))
            << "block " << piece.block << " of rank " << rank << " of " << ranks;
        std::fill_n(begin, piece.size(), 0);
      }
      EXPECT_TRUE(std::all_of(times.begin(), times.end(), [](int count) { return count == 0; }))
          << "others' parameters";
    }
  }
}

TEST(Parcels, AreComputedByTheirTilesAndThoseOfParcelsBefore) {
  for (const int ranks : {1, 2, 3, 7}) {
    const Planned planned = large(ranks);
    std::vector<bool> done(planned.gradient.tiles().size());
    for (const PlannedParcel& each : planned.parcels) {
      for (const std::size_t tile : each.tiles) {
        EXPECT_FALSE(done[tile]) << "tile " << tile << " is computed twice";
        EXPECT_GE(planned.gradient.tiles()[tile].layer, each.layer);
        done[tile] = true;
      }
      for (const std::vector<SlicePiece>& pieces : each.parcel.pieces)
        for (const SlicePiece& piece : pieces)
          for (std::size_t tile = 0; tile < done.size(); ++tile) {
            const Tile& part = planned.gradient.tiles()[tile];
            const bool meets =
                part.block == piece.block && part.units.begin < piece.units.end && piece.units.begin < part.units.end;
            EXPECT_TRUE(done[tile] || !meets) << "tile " << tile << " comes after its parcel started";
          }
    }
    EXPECT_TRUE(std::all_of(done.begin(), done.end(), [](bool each) { return each; }));
  }
}

TEST(Parcels, OfSmallNetworksAndOfOneRankAreOne) {
  EXPECT_EQ(small(5).parcels.size(), 1U);
  EXPECT_EQ(large(1).parcels.size(), 1U);
  EXPECT_EQ(large(1).parcels[0].layer, 0U);
}

TEST(Parcels, OfLargeNetworksStartWithTheLastLayers) {
  const std::vector<PlannedParcel> parcels = large(2).parcels;
  ASSERT_GT(parcels.size(), 1U);
  EXPECT_EQ(parcels.front().layer, 1U);
  EXPECT_EQ(parcels.back().layer, 0U);
  EXPECT_GT(std::count_if(parcels.begin(), parcels.end(), [](const PlannedParcel& each) { return each.layer == 1; }), 1)
      << "the second layer travels in parts";
  EXPECT_TRUE(std::is_sorted(parcels.begin(), parcels.end(),
                             [](const PlannedParcel& a, const PlannedParcel& b) { return a.layer > b.layer; }));
}

}  // namespace
}  // namespace lockstep
