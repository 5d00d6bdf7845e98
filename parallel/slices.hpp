// SPDX-License-Identifier: MIT
// Which parameters each rank owns and updates.
#pragma once

#include <vector>

#include "core/parameter_layout.hpp"
#include "core/types.hpp"

namespace lockstep {

/// Whole units of one parameter block: a contiguous run of the flat buffer.
struct SlicePiece {
  Index block = 0;
  Range units;
  Index fan_in = 0;
  Index offset = 0;           ///< of its first scalar in the flat buffer
  Index offset_in_slice = 0;  ///< of its first scalar among the rank's own
  bool bias = false;

  [[nodiscard]] Index size() const noexcept { return fan_in * units.size(); }
  /// Some of its units.
  [[nodiscard]] SlicePiece part(Range some) const noexcept;
};

/// Pieces cut into parts of whole units whose sums, weights and state stay in a core's first-level caches.
[[nodiscard]] std::vector<SlicePiece> cut_for_workers(const std::vector<SlicePiece>& pieces);

/// Parameters that travel together: their partial sums to the owners, their new values from the owners.
struct Parcel {
  std::vector<std::vector<SlicePiece>> pieces;  ///< by owner
};

/// Every block's units, shared out evenly: 10 units over 4 ranks are [0,2), [2,5), [5,7), [7,10).
class Slices {
 public:
  Slices(const ParameterLayout& layout, int ranks);
  [[nodiscard]] const std::vector<SlicePiece>& of(int rank) const { return pieces_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] Index size(int rank) const { return sizes_[static_cast<std::size_t>(rank)]; }
  [[nodiscard]] int ranks() const noexcept { return static_cast<int>(pieces_.size()); }

  /// All parameters as one parcel.
  [[nodiscard]] Parcel parcel() const { return {.pieces = pieces_}; }

 private:
  std::vector<std::vector<SlicePiece>> pieces_;
  std::vector<Index> sizes_;
};

}  // namespace lockstep
