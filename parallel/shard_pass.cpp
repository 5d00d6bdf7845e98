// SPDX-License-Identifier: MIT
// One shard's way through the network.
#include "parallel/shard_pass.hpp"

#include <algorithm>

#include "core/bf16_packing.hpp"
#include "parallel/trace.hpp"

namespace lockstep {
namespace {

/// Enough that copying weights once for all of them pays, and few enough that messages need not wait long.
constexpr Index samples_at_once = 256;

}  // namespace

ShardPass::ShardPass(const Model& model, const WorkPlan& plan, Precision precision) : model_{model}, plan_{plan} {
  if (precision == Precision::bf16) bf16_weights_.emplace(model.network);
  for (const auto& layer : model.network.layers()) {
    forward_pieces_.push_back(lockstep::forward_pieces(*layer, plan.shard_size));
    backward_pieces_.push_back(lockstep::backward_pieces(*layer, plan.shard_size));
  }
}

void ShardPass::take_parameters(Workers& workers) {
  if (!bf16_weights_) return;
  workers.for_each(bf16_weights_->pieces(), [&](Index piece) {
    const TraceSpan span{"round weights"};
    bf16_weights_->refresh(piece, model_.parameters.span());
  });
}

void ShardPass::gather(const Samples& from, Index leaf, const Pass& pass, ShardStore& store, Index shard) const {
  const Index first = leaf * plan_.shard_size;
  const Index width = std::min(plan_.shard_size, from.samples - first);
  store.set_width(shard, width);
  std::vector<Index> rows(static_cast<std::size_t>(width));
  for (Index i = 0; i < width; ++i) rows[static_cast<std::size_t>(i)] = from.row_of(first + i);

  ShardBuffers& buffers = store[shard];
  from.data.gather_features(rows, model_.input_transform, buffers.input);
  model_.network.prepare_input(pass, buffers.input);
  if (bf16_weights_)
    pack_outputs(buffers.input, {0, buffers.input.rows}, {0, buffers.input.columns}, buffers.packed_input);
  if (model_.task == Task::classification) {
    buffers.labels.resize(rows.size());
    from.data.gather_labels(rows, buffers.labels);
  } else {
    from.data.gather_values(rows, model_.target_transform, buffers.values);
  }
}

void ShardPass::forward_piece(std::size_t layer, Range rows, const Pass& pass, ShardBuffers& buffers) const {
  const TraceSpan span{"forward", static_cast<int>(layer)};
  const Layer& step = *model_.network.layers()[layer];
  const Scalar* parameters = model_.parameters.data();
  Panel output = buffers.outputs[layer];
  if (!bf16_weights_)
    return step.forward(pass, parameters, buffers.input_of(layer), output, buffers.slopes[layer], rows);
  // The last layer's outputs are nobody's operands.
  const Bf16Panel packed = layer + 1 < forward_pieces_.size() ? buffers.packed[layer] : Bf16Panel{};
  step.forward(pass, parameters, *bf16_weights_, buffers.packed_input_of(layer), output, buffers.slopes[layer], packed,
               rows);
}

void ShardPass::backward_piece(std::size_t layer, Range rows, std::span<ShardBuffers> shards) const {
  const TraceSpan span{"backward", static_cast<int>(layer)};
  const Layer& step = *model_.network.layers()[layer];
  if (!bf16_weights_) {
    thread_local std::vector<BackwardShard> parts;
    parts.clear();
    for (ShardBuffers& shard : shards)
      parts.push_back({.delta = shard.slopes[layer], .input_slope = shard.slopes[layer - 1]});
    return step.backward(model_.parameters.data(), parts, rows);
  }
  for (ShardBuffers& shard : shards) {
    Bf16Panel packed = shard.packed[layer - 1];
    if (layer == 1) packed.samples = {};  // there is no layer before it to go back to
    step.backward(*bf16_weights_, shard.packed[layer], shard.slopes[layer - 1], packed, rows);
  }
}

void ShardPass::forward_alone(const Pass& pass, ShardBuffers& buffers) const {
  for (std::size_t layer = 0; layer < forward_pieces_.size(); ++layer)
    for (const Range rows : forward_pieces_[layer]) forward_piece(layer, rows, pass, buffers);
}

double ShardPass::loss(ShardBuffers& buffers) const {
  const TraceSpan span{"loss"};
  if (buffers.slopes.back().data == nullptr) return loss_sum(model_.loss, buffers.outputs.back(), buffers.targets());
  const Panel delta = buffers.slopes.back();
  const double sum = loss_sum_and_delta(model_.loss, buffers.outputs.back(), buffers.targets(), delta);
  if (bf16_weights_) pack_deltas(delta, {0, delta.rows}, {0, delta.columns}, buffers.packed.back());
  return sum;
}

void ShardPass::backward_alone(ShardBuffers& buffers) const {
  for (std::size_t layer = backward_pieces_.size() - 1; layer > 0; --layer)
    for (const Range rows : backward_pieces_[layer]) backward_piece(layer, rows, {&buffers, 1});
}

template <class Body>
void ShardPass::for_each_piece(const std::vector<Range>& pieces, Index shards, Workers& workers,
                               const Body& body) const {
  if (shards == 0) return;  // a rank without samples
  const auto count = static_cast<Index>(pieces.size());
  const Index wanted = 2 * workers.threads();  // so that a late worker is not waited for long
  const Index groups = std::clamp<Index>((wanted + count - 1) / count, 1, shards);
  workers.for_each(groups * count, [&](Index i) {
    const Range piece = pieces[static_cast<std::size_t>(i % count)];
    const Range group{shards * (i / count) / groups, shards * (i / count + 1) / groups};
    const Index at_once = std::max<Index>(1, samples_at_once / plan_.shard_size);
    for (Index shard = group.begin; shard < group.end; shard += at_once)
      body(piece, Range{shard, std::min(shard + at_once, group.end)});
  });
}

void ShardPass::forward(const std::vector<Pass>& passes, ShardStore& store, Workers& workers) const {
  for (std::size_t layer = 0; layer < forward_pieces_.size(); ++layer)
    for_each_piece(forward_pieces_[layer], static_cast<Index>(passes.size()), workers, [&](Range rows, Range shards) {
      for (Index shard = shards.begin; shard < shards.end; ++shard)
        forward_piece(layer, rows, passes[static_cast<std::size_t>(shard)], store[shard]);
    });
}

void ShardPass::backward(std::size_t layer, Index shards, ShardStore& store, Workers& workers,
                         const std::function<void()>& progress) const {
  for_each_piece(backward_pieces_[layer], shards, workers, [&](Range rows, Range some) {
    backward_piece(layer, rows, store.some(some));
    progress();
  });
}

}  // namespace lockstep
