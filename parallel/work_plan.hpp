// SPDX-License-Identifier: MIT
// How a step's work is cut: by model, batch and shard size, never by ranks or threads.
#pragma once

#include <vector>

#include "core/network.hpp"
#include "core/types.hpp"

namespace lockstep {

/// The sizes of the pieces of work. They decide the shapes of all products and with them the bits of the result.
struct WorkPlan {
  Index shard_size = 0;     ///< samples
  Index row_block = 512;    ///< output rows of a forward piece, input rows of a backward piece; a multiple of 16
  Index tile_inputs = 512;  ///< weight-gradient tiles: inputs x units
  Index tile_units = 256;
  friend bool operator==(const WorkPlan&, const WorkPlan&) = default;
};

/// The plan for a batch. `shard_size` 0 chooses: an eighth of the batch, a power of two between 16 and 256, so that
/// eight workers are busy while products stay wide.
[[nodiscard]] WorkPlan plan_work(Index batch_size, Index shard_size = 0);

/// Shards of `samples` samples.
[[nodiscard]] constexpr Index shard_count(Index samples, Index shard_size) {
  return (samples + shard_size - 1) / shard_size;
}

/// [0, size) cut into pieces of `block`, the last one shorter.
[[nodiscard]] std::vector<Range> cut(Index size, Index block);

/// The pieces in which a layer's output rows are computed.
[[nodiscard]] std::vector<Range> forward_pieces(const Layer& layer, const WorkPlan& plan);
/// The pieces in which the gradient by a layer's input rows is computed.
[[nodiscard]] std::vector<Range> backward_pieces(const Layer& layer, const WorkPlan& plan);

}  // namespace lockstep
