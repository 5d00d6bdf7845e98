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

/// The blocks of these layers' parameters.
std::vector<Index> blocks_of(const ParcelGroup& group, const Network& network) {
  std::vector<Index> blocks;
  for (std::size_t layer = group.first_layer; layer < group.end_layer; ++layer)
    for (const Index block : network.layers()[layer]->blocks()) blocks.push_back(block);
  return blocks;
}

/// Part `part` of `parts` of the pieces of these blocks.
Parcel parcel_of(const std::vector<Index>& blocks, const Slices& slices, Index part, Index parts) {
  Parcel parcel;
  for (int rank = 0; rank < slices.ranks(); ++rank) {
    std::vector<SlicePiece>& pieces = parcel.pieces.emplace_back();
    for (const SlicePiece& piece : slices.of(rank)) {
      if (std::find(blocks.begin(), blocks.end(), piece.block) == blocks.end()) continue;
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

std::vector<ParcelGroup> parcel_groups(std::span<const Index> scalars_of_layers, int ranks) {
  Index all = 0;
  for (const Index scalars : scalars_of_layers) all += scalars;
  const Index least = ranks == 1 ? all : std::max(least_scalars, ranks * least_scalars_for_each_owner);
  std::vector<ParcelGroup> groups;
  ParcelGroup group{.end_layer = scalars_of_layers.size()};
  for (std::size_t layer = scalars_of_layers.size(); layer-- > 0;) {
    group.first_layer = layer;
    group.scalars += scalars_of_layers[layer];
    if (group.scalars < least && layer > 0) continue;
    group.parts = std::clamp<Index>(group.scalars / (2 * least), 1, most_parts);
    groups.push_back(std::exchange(group, {.end_layer = layer}));
  }
  return groups;
}

std::vector<PlannedParcel> plan_parcels(const Network& network, const Slices& slices, const std::vector<Tile>& tiles) {
  std::vector<Index> scalars;
  for (const auto& layer : network.layers()) {
    Index& sum = scalars.emplace_back(0);
    for (const Index block : layer->blocks()) sum += network.layout().blocks()[static_cast<std::size_t>(block)].size();
  }
  std::vector<PlannedParcel> parcels;
  for (const ParcelGroup& group : parcel_groups(scalars, slices.ranks())) {
    const std::vector<Index> blocks = blocks_of(group, network);
    for (Index part = 0; part < group.parts; ++part)
      parcels.push_back(
          {.parcel = parcel_of(blocks, slices, part, group.parts), .layer = group.first_layer, .tiles = {}});
  }
  for (std::size_t tile = 0; tile < tiles.size(); ++tile)
    std::find_if(parcels.begin(), parcels.end(), [&](const PlannedParcel& planned) {
      return needs(planned.parcel, tiles[tile]);
    })->tiles.push_back(tile);
  return parcels;
}

}  // namespace lockstep
