// SPDX-License-Identifier: MIT
// Carving the shards' panels out of one buffer.
#include "parallel/shard_buffers.hpp"

namespace lockstep {
namespace {

/// Columns a power of two apart would fall into few sets of the caches, which products read across.
Index spread_stride(Index rows) {
  constexpr Index crowded = 256;
  const Index stride = padded(rows);
  return stride % crowded == 0 ? stride + alignment_scalars : stride;
}

/// Hands out panels one after the other; without memory it only counts.
class Carver {
 public:
  explicit Carver(Scalar* memory) : memory_{memory} {}

  Panel panel(Index rows, Index columns) {
    if (rows == 0) return {};
    const Panel carved{.data = memory_ == nullptr ? nullptr : memory_ + used_,
                       .rows = rows,
                       .columns = columns,
                       .stride = spread_stride(rows)};
    used_ += carved.stride * columns;
    return carved;
  }
  [[nodiscard]] Index used() const noexcept { return used_; }

 private:
  Scalar* memory_;
  Index used_ = 0;
};

ShardBuffers carve_shard(Carver& carver, const Network& network, const ShardStore::Form& form) {
  ShardBuffers shard;
  shard.input = carver.panel(network.spec().inputs, form.shard_size);
  for (const auto& layer : network.layers()) {
    shard.outputs.push_back(carver.panel(layer->outputs(), form.shard_size));
    shard.slopes.push_back(form.training ? carver.panel(layer->outputs(), form.shard_size) : Panel{});
  }
  shard.values = carver.panel(form.target_values, form.shard_size);
  return shard;
}

}  // namespace

Index ShardStore::scalars_per_shard(const Network& network, const Form& form) {
  Carver counter{nullptr};
  (void)carve_shard(counter, network, form);
  return counter.used();
}

ShardStore::ShardStore(const Network& network, const Form& form)
    : memory_{scalars_per_shard(network, form) * form.shards} {
  Carver carver{memory_.data()};
  for (Index shard = 0; shard < form.shards; ++shard) shards_.push_back(carve_shard(carver, network, form));
}

void ShardStore::set_width(Index shard, Index samples) {
  ShardBuffers& buffers = (*this)[shard];
  buffers.input.columns = samples;
  for (Panel& panel : buffers.outputs) panel.columns = samples;
  for (Panel& panel : buffers.slopes) panel.columns = samples;
  buffers.values.columns = samples;
}

}  // namespace lockstep
