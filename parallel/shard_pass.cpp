// SPDX-License-Identifier: MIT
// One shard's way through the network.
#include "parallel/shard_pass.hpp"

#include <algorithm>

#include "parallel/trace.hpp"

namespace lockstep {

ShardPass::ShardPass(const Model& model, const WorkPlan& plan) : model_{model}, plan_{plan} {
  for (const auto& layer : model.network.layers()) {
    forward_pieces_.push_back(lockstep::forward_pieces(*layer, plan.shard_size));
    backward_pieces_.push_back(lockstep::backward_pieces(*layer, plan.shard_size));
  }
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
  if (model_.task == Task::classification) {
    buffers.labels.resize(rows.size());
    from.data.gather_labels(rows, buffers.labels);
  } else {
    from.data.gather_values(rows, model_.target_transform, buffers.values);
  }
}

void ShardPass::forward_piece(std::size_t layer, Range rows, const Pass& pass, ShardBuffers& buffers) const {
  const TraceSpan span{"forward", static_cast<int>(layer)};
  model_.network.layers()[layer]->forward(pass, model_.parameters.data(), buffers.input_of(layer),
                                          buffers.outputs[layer], buffers.slopes[layer], rows);
}

void ShardPass::backward_piece(std::size_t layer, Range rows, ShardBuffers& buffers) const {
  const TraceSpan span{"backward", static_cast<int>(layer)};
  model_.network.layers()[layer]->backward(model_.parameters.data(), buffers.slopes[layer], buffers.slopes[layer - 1],
                                           rows);
}

void ShardPass::forward_alone(const Pass& pass, ShardBuffers& buffers) const {
  for (std::size_t layer = 0; layer < forward_pieces_.size(); ++layer)
    for (const Range rows : forward_pieces_[layer]) forward_piece(layer, rows, pass, buffers);
}

double ShardPass::loss(ShardBuffers& buffers) const {
  const TraceSpan span{"loss"};
  if (buffers.slopes.back().data == nullptr) return loss_sum(model_.loss, buffers.outputs.back(), buffers.targets());
  return loss_sum_and_delta(model_.loss, buffers.outputs.back(), buffers.targets(), buffers.slopes.back());
}

double ShardPass::forward_and_backward(const Pass& pass, ShardBuffers& buffers) const {
  forward_alone(pass, buffers);
  const double sum = loss(buffers);
  for (std::size_t layer = backward_pieces_.size() - 1; layer > 0; --layer)
    for (const Range rows : backward_pieces_[layer]) backward_piece(layer, rows, buffers);
  return sum;
}

template <class Body>
void ShardPass::for_each_piece(const std::vector<Range>& pieces, Index shards, Workers& workers, const Body& body) {
  const auto count = static_cast<Index>(pieces.size());
  const Index wanted = 2 * workers.threads();  // so that a late worker is not waited for long
  const Index groups = std::clamp<Index>((wanted + count - 1) / count, 1, shards);
  workers.for_each(groups * count, [&](Index i) {
    const Index group = i / count;
    const Range piece = pieces[static_cast<std::size_t>(i % count)];
    for (Index shard = shards * group / groups; shard < shards * (group + 1) / groups; ++shard) body(piece, shard);
  });
}

void ShardPass::forward(const std::vector<Pass>& passes, ShardStore& store, Workers& workers) const {
  for (std::size_t layer = 0; layer < forward_pieces_.size(); ++layer)
    for_each_piece(forward_pieces_[layer], static_cast<Index>(passes.size()), workers, [&](Range rows, Index shard) {
      forward_piece(layer, rows, passes[static_cast<std::size_t>(shard)], store[shard]);
    });
}

void ShardPass::backward(Index shards, ShardStore& store, Workers& workers) const {
  for (std::size_t layer = backward_pieces_.size() - 1; layer > 0; --layer)
    for_each_piece(backward_pieces_[layer], shards, workers,
                   [&](Range rows, Index shard) { backward_piece(layer, rows, store[shard]); });
}

}  // namespace lockstep
