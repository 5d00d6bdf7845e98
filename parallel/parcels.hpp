// SPDX-License-Identifier: MIT
// How the gradient is cut for its journey, so that parts of it travel while others are computed.
#pragma once

#include <span>
#include <vector>

#include "core/network.hpp"
#include "parallel/slices.hpp"
#include "parallel/weight_gradient.hpp"

namespace lockstep {

/// A parcel and what computes it.
struct PlannedParcel {
  Parcel parcel;
  std::size_t layer = 0;  ///< the first whose deltas it takes
  std::vector<std::size_t>
      tiles;  ///< of the gradient; each tile is in one parcel, at the latest in the first that needs it
};

/// Consecutive layers whose parameters travel in `parts` parcels, each a part of every owner's units.
struct ParcelGroup {
  std::size_t first_layer = 0;
  std::size_t end_layer = 0;
  Index scalars = 0;
  Index parts = 1;
};

/// From the last layer to the first: small layers together, large ones in parts. One rank has one parcel.
[[nodiscard]] std::vector<ParcelGroup> parcel_groups(std::span<const Index> scalars_of_layers, int ranks);

/// The parcels of all groups in the order in which they are computed. What is cut depends on the number of ranks, which
/// the bits do not.
[[nodiscard]] std::vector<PlannedParcel> plan_parcels(const Network& network, const Slices& slices,
                                                      const std::vector<Tile>& tiles);

}  // namespace lockstep
