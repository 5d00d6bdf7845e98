// SPDX-License-Identifier: MIT
// Weight gradients, tile by tile over the weights: no thread holds a private copy of the gradient.
#pragma once

#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/network.hpp"
#include "core/optimizer.hpp"
#include "core/precision.hpp"
#include "core/reduction_tree.hpp"
#include "parallel/shard_buffers.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {

/// A part of one parameter block: some inputs of some units.
struct Tile {
  std::size_t layer = 0;
  Index block = 0;  ///< in the layout
  Range inputs;
  Range units;
};

/// The order of the sums over shards. `as_they_come` adds each shard's product to one sum: what the tree costs is
/// measured against it; its bits depend on the ranks.
enum class SumOrder { tree, as_they_come };

/// Sums shards' gradients in the reduction tree's order, or, for comparison, without one.
///
/// The sums of the blocks that wait in the rank's tree counter lie in gradient buffers (one for each waiting block, in
/// the parameters' layout). A wave of shards is added to them tile by tile: in each tile what the wave adds to sums
/// that do not outlive it lies in scratch memory small enough for a core's own cache.
class WeightGradient {
 public:
  /// `sums` bf16: each sum of the tree is rounded, those of single shards, too.
  explicit WeightGradient(const Network& network, SumOrder order = SumOrder::tree, Precision sums = Precision::float32);

  [[nodiscard]] const std::vector<Tile>& tiles() const noexcept { return tiles_; }

  /// Adds leaves [leaves.begin, leaves.end), which are the first shards of the store, to one tile of all waiting sums.
  /// `before` is the counter as the wave found it, `after` the one it leaves. Thread-safe on distinct tiles.
  void add_wave(const Tile& tile, Range leaves, const ShardStore& store, const TreeCounter& before,
                const TreeCounter& after, std::vector<AlignedBuffer>& waiting) const;

  /// Adds the last wave of a rank that computes all leaves, and returns the tile's complete sum, a column for each
  /// unit. It lies in memory of the calling thread, valid until its next tile, or in `waiting`, which need not have
  /// more buffers than sums wait `before`. Thread-safe on distinct tiles.
  [[nodiscard]] Columns<const Scalar> add_last_wave(const Tile& tile, Range leaves, const ShardStore& store,
                                                    const TreeCounter& before,
                                                    std::vector<AlignedBuffer>& waiting) const;

 private:
  class TileStack;
  /// Adds the leaves' products, each to one and the same sum.
  void add_as_they_come(const Tile& tile, Range leaves, const ShardStore& store, bool first,
                        const TileStack& stack) const;
  /// Pushes the leaves' products; returns the counter after them.
  [[nodiscard]] TreeCounter push(const Tile& tile, Range leaves, const ShardStore& store, TreeCounter counter,
                                 const TileStack& stack) const;

  const Network& network_;
  SumOrder order_;
  bool rounds_;
  std::vector<Tile> tiles_;
};

/// The counter after a wave: every tile goes through the same states.
[[nodiscard]] TreeCounter after_wave(TreeCounter counter, Range leaves);

}  // namespace lockstep
