// SPDX-License-Identifier: MIT
// Sharing parameters out.
#include "parallel/slices.hpp"

#include <algorithm>

namespace lockstep {
namespace {

constexpr Index part_scalars = 8192;

}  // namespace

SlicePiece SlicePiece::part(Range some) const noexcept {
  SlicePiece piece = *this;
  const Index skipped = (some.begin - units.begin) * fan_in;
  piece.units = some;
  piece.offset += skipped;
  piece.offset_in_slice += skipped;
  return piece;
}

std::vector<SlicePiece> cut_for_workers(const std::vector<SlicePiece>& pieces) {
  std::vector<SlicePiece> parts;
  for (const SlicePiece& piece : pieces) {
    const Index units_of_part = std::max<Index>(1, part_scalars / piece.fan_in);
    for (Index begin = piece.units.begin; begin < piece.units.end; begin += units_of_part)
      parts.push_back(piece.part({begin, std::min(begin + units_of_part, piece.units.end)}));
  }
  return parts;
}

Slices::Slices(const ParameterLayout& layout, int ranks)
    : pieces_(static_cast<std::size_t>(ranks)), sizes_(static_cast<std::size_t>(ranks), 0) {
  for (int rank = 0; rank < ranks; ++rank) {
    Index block_index = 0;
    for (const ParameterBlock& block : layout.blocks()) {
      const Range units{block.units * rank / ranks, block.units * (rank + 1) / ranks};
      Index& size = sizes_[static_cast<std::size_t>(rank)];
      if (!units.empty()) {
        const SlicePiece piece{.block = block_index,
                               .units = units,
                               .fan_in = block.fan_in,
                               .offset = block.offset + units.begin * block.fan_in,
                               .offset_in_slice = size,
                               .bias = block.bias};
        pieces_[static_cast<std::size_t>(rank)].push_back(piece);
        size += piece.size();
      }
      ++block_index;
    }
  }
}

}  // namespace lockstep
