// SPDX-License-Identifier: MIT
// Dropout masks, 128 units at a time.
#include "core/dropout.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>

namespace lockstep {
namespace {

constexpr double decisions = 65536;  ///< what 16 bits can tell apart
constexpr Index units_per_place = 8;
constexpr Index units_per_block = units_per_place * static_cast<Index>(block_places);

using UnitBits = std::array<std::uint16_t, static_cast<std::size_t>(units_per_block)>;
static_assert(std::endian::native == std::endian::little,
              "the u-th 16 bits of a block are taken as they lie in memory");

/// Units with bits below this are dropped. A rate below 1 leaves some units alive.
std::uint16_t threshold_for(double rate) {
  assert(rate >= 0 && rate < 1);
  return static_cast<std::uint16_t>(std::min(std::round(rate * decisions), decisions - 1));
}

}  // namespace

double applied_drop_rate(double rate) { return threshold_for(rate) / decisions; }

void apply_dropout(double rate, StreamKey key, Index first_position, Index first_row, Panel values, Panel also) {
  assert(first_row % (2 * units_per_place) == 0 && first_position >= 0);
  assert(also.data == nullptr || (also.rows == values.rows && also.columns == values.columns));
  const std::uint16_t threshold = threshold_for(rate);
  if (threshold == 0) return;
  const auto kept = static_cast<Scalar>(1 / (1 - applied_drop_rate(rate)));
  for (Index column = 0; column < values.columns; ++column) {
    for (Index row = 0; row < values.rows; row += units_per_block) {
      const Index units = std::min(units_per_block, values.rows - row);
      const auto bits =
          std::bit_cast<UnitBits>(random_block(key, static_cast<std::uint64_t>(first_position + column),
                                               static_cast<std::uint64_t>((first_row + row) / units_per_place)));
      std::array<Scalar, static_cast<std::size_t>(units_per_block)> mask;
      for (std::size_t unit = 0; unit < mask.size(); ++unit) mask[unit] = bits[unit] < threshold ? Scalar{0} : kept;
      Scalar* value = values.column(column) + row;
      for (Index unit = 0; unit < units; ++unit) value[unit] *= mask[static_cast<std::size_t>(unit)];
      if (also.data == nullptr) continue;
      Scalar* other = also.column(column) + row;
      for (Index unit = 0; unit < units; ++unit) other[unit] *= mask[static_cast<std::size_t>(unit)];
    }
  }
}

}  // namespace lockstep
