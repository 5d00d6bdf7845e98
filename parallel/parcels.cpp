// SPDX-License-Identifier: MIT
// Cutting the gradient into parcels.
#include "parallel/parcels.hpp"

#include <algorithm>
#include <utility>

namespace lockstep {
namespace {

/// What is worth a journey of its own: much more than what a message costs besides its bytes, at every owner.
constexpr Index least_scalars = Index{1} << 18;
constexpr Index least_scalars_for_each_owner = Index{1} << 14;
constexpr Index most_parts = 8;  // of a layer: all but the last travel while others are computed

/// Consecutive layers, by the blocks of their parameters.
struct Layers {
  std::size_t first = 0;
  std::vector<Index> blocks;
  Index scalars = 0;
};

std::vector<Layers> grouped_from_the_last(const Network& network, Index least) {
  std::vector<Layers> groups;
  Layers group;
  for (std::size_t layer = network.layers().size(); layer-- > 0;) {
    group.first = layer;
    for (const Index block : network.layers()[layer]->blocks()) {
      group.blocks.push_back(block);
      group.scalars += network.layout().blocks()[static_cast<std::size_t>(block)].size();
    }
    if (group.scalars >= least || layer == 0) groups.push_back(std::exchange(group, {}));
  }
  return groups;
}

/// Part `part` of `parts` of the pieces of these layers.
Parcel parcel_of(const Layers& layers, const Slices& slices, Index part, Index parts) {
  Parcel parcel;
  for (int rank = 0; rank < slices.ranks(); ++rank) {
    std::vector<SlicePiece>& pieces = parcel.pieces.emplace_back();
    for (const SlicePiece& piece : slices.of(rank)) {
      if (std::find(layers.blocks.begin(), layers.blocks.end(), piece.block) == layers.blocks.end()) continue;
      const Range units{piece.units.begin + piece.units.size() * part / parts,
                        piece.units.begin + piece.units.size() * (part + 1) / parts};
      if (!units.empty()) pieces.push_back(piece.part(units));
    }
  }
  return parcel;
}

bool needs(const Parcel& parcel, const Tile& tile) {
  return std::any_of(parcel.pieces.begin(), parcel.pieces.end(), [&](const std::vector<SlicePiece>& pieces) {
    return std::any_of(pieces.begin(), pieces.end(), [&](const SlicePiece& piece) {
      return piece.block == tile.block && piece.units.begin < tile.units.end && tile.units.begin < piece.units.end;
    });
  });
}

}  // namespace

std::vector<PlannedParcel> plan_parcels(const Network& network, const Slices& slices, const std::vector<Tile>& tiles) {
  std::vector<PlannedParcel> parcels;
  const Index all = network.layout().parameters();
  const Index least =
      slices.ranks() == 1 ? all : std::max(least_scalars, slices.ranks() * least_scalars_for_each_owner);
  for (const Layers& layers : grouped_from_the_last(network, least)) {
    const Index parts = std::clamp<Index>(layers.scalars / (2 * least), 1, most_parts);
    for (Index part = 0; part < parts; ++part)
      parcels.push_back({.parcel = parcel_of(layers, slices, part, parts), .layer = layers.first, .tiles = {}});
  }
  for (std::size_t tile = 0; tile < tiles.size(); ++tile)
    std::find_if(parcels.begin(), parcels.end(), [&](const PlannedParcel& planned) {
      return needs(planned.parcel, tiles[tile]);
    })->tiles.push_back(tile);
  return parcels;
}

}  // namespace lockstep
