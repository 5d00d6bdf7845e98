// SPDX-License-Identifier: MIT
// Cutting work.
#include "parallel/work_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace lockstep {

namespace {

constexpr Index most_row_block = 512;
constexpr Index least_row_block = 128;
// Products of few columns wait for weights: their pieces stay in half a second-level cache from shard to shard, and
// lose nothing by being small.
constexpr Index narrow_shard = 64;
constexpr Index least_narrow_row_block = 64;
constexpr Index most_narrow_weights = Index{1} << 18;
constexpr Index tiles_wanted = 8;  // of a layer's weights
constexpr TileSize largest_tile{512, 256};
constexpr TileSize least_tile{128, 32};

/// Pieces begin at multiples of it: whole aligned units of memory in either precision, and what dropout masks need.
constexpr Index unit = 16;
static_assert(unit % alignment_scalars == 0);

Index rounded_up(Index size) { return (size + unit - 1) / unit * unit; }

/// Rows of one piece of a shard, each of which takes `weights` weights.
Index row_block(Index rows, Index weights, Index shard_size) {
  const Index even = rounded_up((rows + pieces_wanted - 1) / pieces_wanted);
  if (shard_size > narrow_shard) return std::clamp(even, least_row_block, most_row_block);
  const Index most = std::max(least_narrow_row_block, most_narrow_weights / weights / unit * unit);
  return std::clamp(even, least_narrow_row_block, std::min(most, most_row_block));
}

Index tile_count(Index fan_in, Index units, TileSize tile) {
  return static_cast<Index>(cut(fan_in, tile.inputs).size() * cut(units, tile.units).size());
}

}  // namespace

WorkPlan plan_work(Index batch_size, Index shard_size) {
  if (shard_size == 0) {
    const auto quarter = static_cast<std::size_t>(std::max<Index>(1, batch_size / 4));
    shard_size = std::clamp<Index>(static_cast<Index>(std::bit_floor(quarter)), 16, 512);
  }
  return {.shard_size = std::min(shard_size, batch_size)};
}

std::string idle_ranks_advice(const WorkPlan& plan, Index batch_size, int ranks) {
  const Index shards = shard_count(batch_size, plan.shard_size);
  if (shards >= ranks) return "";
  const Index each = std::max<Index>(1, batch_size / ranks);
  return fmt::format(
      "the {} samples of a step are {} shard{} of {}, so {} of {} ranks have none; "
      "a new run with --shard-size {} gives each rank some (other bits, the same on any number of ranks)",
      batch_size, shards, shards == 1 ? "" : "s", plan.shard_size, ranks - shards, ranks,
      std::bit_floor(static_cast<std::size_t>(each)));
}

std::vector<Range> cut(Index size, Index block) {
  const Index count = std::max<Index>(1, (size + block - 1) / block);
  const Index even = std::min(block, rounded_up((size + count - 1) / count));
  std::vector<Range> pieces;
  for (Index begin = 0; begin < size; begin += even)
    pieces.push_back({.begin = begin, .end = std::min(size, begin + even)});
  return pieces;
}

std::vector<Range> forward_pieces(const Layer& layer, Index shard_size) {
  const Index rows = layer.outputs();
  return cut(rows, layer.divisible() ? row_block(rows, layer.inputs(), shard_size) : rows);
}

std::vector<Range> backward_pieces(const Layer& layer, Index shard_size) {
  return cut(layer.inputs(), row_block(layer.inputs(), layer.outputs(), shard_size));
}

TileSize tile_size(Index fan_in, Index units) {
  TileSize tile{std::min(largest_tile.inputs, rounded_up(fan_in)), std::min(largest_tile.units, rounded_up(units))};
  while (tile_count(fan_in, units, tile) < tiles_wanted) {
    // The longer side first; products with few units are the slower ones.
    const bool halve_inputs =
        tile.inputs > least_tile.inputs && (tile.inputs > 2 * tile.units || tile.units <= least_tile.units);
    if (!halve_inputs && tile.units <= least_tile.units) break;
    if (halve_inputs)
      tile.inputs = std::max(least_tile.inputs, rounded_up(tile.inputs / 2));
    else
      tile.units = std::max(least_tile.units, rounded_up(tile.units / 2));
  }
  return tile;
}

}  // namespace lockstep
