// SPDX-License-Identifier: MIT
// How a step's work is cut: by model, batch and shard size, never by ranks or threads.
#pragma once

#include <string>
#include <vector>

#include "core/network.hpp"
#include "core/types.hpp"

namespace lockstep {

/// The sizes that cut a run's work, with what follows from each layer's shape. They decide the shapes of all products
/// and with them the bits of the result.
struct WorkPlan {
  Index shard_size = 0;  ///< samples
  friend bool operator==(const WorkPlan&, const WorkPlan&) = default;
};

/// The plan for a batch. `shard_size` 0 chooses: a quarter of the batch, a power of two between 16 and 512. Products of
/// many columns are the fast ones; four shards of several row pieces each still keep many workers busy.
[[nodiscard]] WorkPlan plan_work(Index batch_size, Index shard_size = 0);

/// Shards of `samples` samples.
[[nodiscard]] constexpr Index shard_count(Index samples, Index shard_size) {
  return (samples + shard_size - 1) / shard_size;
}

/// A sentence on what to do where a step of `batch_size` samples has fewer shards than there are ranks, so that some
/// compute nothing; "" where each has one.
[[nodiscard]] std::string idle_ranks_advice(const WorkPlan& plan, Index batch_size, int ranks);

/// [0, size) cut into the fewest pieces of at most `block`, all about equally long and, but for the last, multiples
/// of 16. cut(784, 512) gives [0, 400), [400, 784).
[[nodiscard]] std::vector<Range> cut(Index size, Index block);

/// Pieces of a layer's rows that are wanted for each shard: a rank keeps this many threads busy with one.
inline constexpr Index pieces_wanted = 4;

/// The pieces in which a layer's output rows are computed for a shard: several, so that few shards fill many workers.
[[nodiscard]] std::vector<Range> forward_pieces(const Layer& layer, Index shard_size);
/// The pieces in which the gradient by a layer's input rows is computed.
[[nodiscard]] std::vector<Range> backward_pieces(const Layer& layer, Index shard_size);

/// A part of a block of weights: some inputs of some units.
struct TileSize {
  Index inputs = 0;
  Index units = 0;
  friend bool operator==(const TileSize&, const TileSize&) = default;
};

/// The largest tile in which the gradient of `fan_in` x `units` weights is computed: its sum, its weights and their
/// optimizer state fit into a second-level cache, and a layer has several.
[[nodiscard]] TileSize tile_size(Index fan_in, Index units);

}  // namespace lockstep
