// SPDX-License-Identifier: MIT
// Memory for the shards in flight: inputs, targets, and each layer's outputs and slopes.
#pragma once

#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bf16_operand.hpp"
#include "core/loss.hpp"
#include "core/network.hpp"
#include "core/panel.hpp"
#include "core/precision.hpp"

namespace lockstep {

/// One shard. Panels are as wide as its samples.
struct ShardBuffers {
  Panel input;
  std::vector<Panel> outputs;     ///< by layer
  std::vector<Panel> slopes;      ///< by layer; after backward the deltas; empty panels when not training
  Bf16Panel packed_input;         ///< with products in bfloat16
  std::vector<Bf16Panel> packed;  ///< by layer; empty without such products
  Panel values;                   ///< regression targets
  std::vector<Label> labels;      ///< classification targets

  /// The input of layer `layer`.
  [[nodiscard]] Panel input_of(std::size_t layer) const { return layer == 0 ? input : outputs[layer - 1]; }
  [[nodiscard]] const Bf16Panel& packed_input_of(std::size_t layer) const {
    return layer == 0 ? packed_input : packed[layer - 1];
  }
  [[nodiscard]] Targets targets() const { return {.labels = labels, .values = values}; }
};

/// `shards` shards of up to `shard_size` samples in one allocation.
class ShardStore {
 public:
  struct Form {
    Index shards = 0;
    Index shard_size = 0;
    Index target_values = 0;  ///< regression targets a sample; 0 for classification
    bool training = false;
    Precision precision = Precision::float32;  ///< of products, in training
  };
  ShardStore(const Network& network, const Form& form);

  [[nodiscard]] Index shards() const noexcept { return static_cast<Index>(shards_.size()); }
  [[nodiscard]] ShardBuffers& operator[](Index shard) { return shards_[static_cast<std::size_t>(shard)]; }
  [[nodiscard]] const ShardBuffers& operator[](Index shard) const { return shards_[static_cast<std::size_t>(shard)]; }
  [[nodiscard]] std::span<ShardBuffers> some(Range shards) {
    return std::span{shards_}.subspan(static_cast<std::size_t>(shards.begin), static_cast<std::size_t>(shards.size()));
  }

  /// Makes a shard `samples` wide; at most shard_size.
  void set_width(Index shard, Index samples);

  /// Scalars that one shard takes.
  [[nodiscard]] static Index scalars_per_shard(const Network& network, const Form& form);

 private:
  AlignedBuffer memory_;
  std::vector<ShardBuffers> shards_;
};

}  // namespace lockstep
