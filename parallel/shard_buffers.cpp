// SPDX-License-Identifier: MIT
// Carving the shards' panels out of one buffer.
#include "parallel/shard_buffers.hpp"

namespace lockstep {
namespace {

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
  template <class Operand>
  Operand operand(Index lines, Index terms) {
    const auto carved = bf16_operand<Operand>(memory_ == nullptr ? nullptr : memory_ + used_, lines, terms);
    used_ += bf16_scalars(lines, terms);
    return carved;
  }
  [[nodiscard]] Index used() const noexcept { return used_; }

 private:
  Scalar* memory_;
  Index used_ = 0;
};

/// The input and all outputs but the last are read by the next layer; all deltas by gradients, all but the first
/// layer's by the layer before.
void carve_operands(Carver& carver, const Network& network, Index samples, ShardBuffers& shard) {
  const Index inputs = network.spec().inputs;
  shard.packed_input = {.samples = carver.operand<Bf16Columns>(samples, inputs),
                        .units = carver.operand<Bf16Rows>(inputs, samples)};
  const std::size_t layers = network.layers().size();
  for (std::size_t layer = 0; layer < layers; ++layer) {
    const Index units = network.layers()[layer]->outputs();
    Bf16Panel panel;
    if (layers > 1) panel.samples = carver.operand<Bf16Columns>(samples, units);
    if (layer + 1 < layers) panel.units = carver.operand<Bf16Rows>(units, samples);
    panel.deltas = carver.operand<Bf16Columns>(units, samples);
    shard.packed.push_back(panel);
  }
}

void set_samples(Bf16Panel& panel, Index samples) {
  panel.samples.lines = samples;
  panel.units.terms = samples;
  panel.deltas.terms = samples;
}

ShardBuffers carve_shard(Carver& carver, const Network& network, const ShardStore::Form& form) {
  ShardBuffers shard;
  shard.input = carver.panel(network.spec().inputs, form.shard_size);
  for (const auto& layer : network.layers()) {
    shard.outputs.push_back(carver.panel(layer->outputs(), form.shard_size));
    shard.slopes.push_back(form.training ? carver.panel(layer->outputs(), form.shard_size) : Panel{});
  }
  if (form.precision == Precision::bf16) carve_operands(carver, network, form.shard_size, shard);
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
  set_samples(buffers.packed_input, samples);
  for (Bf16Panel& panel : buffers.packed) set_samples(panel, samples);
  buffers.values.columns = samples;
}

}  // namespace lockstep
