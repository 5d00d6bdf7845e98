// SPDX-License-Identifier: MIT
// Gather, forward, loss and backward of shards, whole or piece by piece.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/bf16_weights.hpp"
#include "core/dataset.hpp"
#include "core/model.hpp"
#include "parallel/shard_buffers.hpp"
#include "parallel/work_plan.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// Maps a position in a batch (or a pass) to a row of the data set.
using RowOf = std::function<Index(Index position)>;

/// The samples of a pass over shards: shard `leaf` holds positions [leaf * shard_size, ...) of `samples`.
struct Samples {
  const Dataset& data;
  RowOf row_of;
  Index samples = 0;
};

/// What is computed for a shard. All it keeps of its own is the weights rounded by take_parameters, with products in
/// bfloat16; every other function is safe on disjoint shards.
class ShardPass {
 public:
  ShardPass(const Model& model, const WorkPlan& plan, Precision precision = Precision::float32);

  /// Before the first shard after parameters have changed. The store must be for the same precision.
  void take_parameters(Workers& workers);

  /// Fills in the inputs and targets of shard `leaf` and makes it as wide as its samples.
  void gather(const Samples& from, Index leaf, const Pass& pass, ShardStore& store, Index shard) const;

  /// All layers forward, for shards [0, shards) of the store.
  void forward(const std::vector<Pass>& passes, ShardStore& store, Workers& workers) const;

  /// Loss sum of one shard; in training it leaves the output layer's delta.
  [[nodiscard]] double loss(ShardBuffers& buffers) const;

  /// One layer backward, for shards [0, shards) of the store: from its deltas, which the next layer's step or `loss`
  /// left, to those of the layer before it. Whoever works calls `progress` now and then.
  void backward(std::size_t layer, Index shards, ShardStore& store, Workers& workers,
                const std::function<void()>& progress) const;

  /// One shard's layers forward, on the calling thread.
  void forward_alone(const Pass& pass, ShardBuffers& buffers) const;
  /// And backward, after `loss`.
  void backward_alone(ShardBuffers& buffers) const;

 private:
  /// body(layer's piece, some shards) for all pieces and shards, a barrier behind. A worker takes one piece of all
  /// shards, or, where pieces are few, of some: its weights then stay in that worker's caches from shard to shard, and,
  /// because pieces go to the same workers each time, from step to step.
  template <class Body>
  void for_each_piece(const std::vector<Range>& pieces, Index shards, Workers& workers, const Body& body) const;
  void forward_piece(std::size_t layer, Range rows, const Pass& pass, ShardBuffers& buffers) const;
  void backward_piece(std::size_t layer, Range rows, std::span<ShardBuffers> shards) const;

  const Model& model_;
  std::optional<Bf16Weights> bf16_weights_;
  WorkPlan plan_;
  std::vector<std::vector<Range>> forward_pieces_;   ///< by layer
  std::vector<std::vector<Range>> backward_pieces_;  ///< by layer
};

}  // namespace lockstep
