// SPDX-License-Identifier: MIT
// Forward passes over data sets.
#include "parallel/evaluator.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "parallel/evaluation_plan.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/prediction_windows.hpp"
#include "parallel/shard_buffers.hpp"

namespace lockstep {
namespace {

void copy_columns(ConstPanel from, Panel to, Index first) {
  for (Index column = 0; column < from.columns; ++column)
    std::copy_n(from.column(column), from.rows, to.column(first + column));
}

/// One shard's outputs, in own units, into its columns of the window.
void predict_shard(const Model& model, const ShardPass& pass, const Dataset& data, Range rows, ShardStore& store,
                   Index slot, Panel window, Index first_column) {
  std::vector<Index> indices;
  for (Index row = rows.begin; row < rows.end; ++row) indices.push_back(row);
  store.set_width(slot, rows.size());
  data.gather_features(indices, model.input_transform, store[slot].input);
  pass.forward_alone({}, store[slot]);
  undo(model.target_transform, store[slot].outputs.back());
  copy_columns(store[slot].outputs.back(), window, first_column);
}

}  // namespace

std::vector<std::string> problems(const Model& model, const DatasetInfo& data) {
  std::vector<std::string> found;
  const NetworkSpec& spec = model.network.spec();
  if (spec.inputs != data.features)
    found.push_back("the model takes " + std::to_string(spec.inputs) + " features, " + data.name + " has " +
                    std::to_string(data.features) +
                    "; was the model trained on another data set? (import test tables with --like TRAIN.h5)");
  if (data.targets == 0) return found;
  if (model.task != data.task)
    found.push_back("the model is for " + std::string{name_of(model.task)} + ", " + data.name + " holds " +
                    std::string{name_of(data.task)} + " targets");
  else if (model.task == Task::classification && data.classes > model.classes)
    found.push_back("the model knows " + std::to_string(model.classes) + " classes, " + data.name + " has " +
                    std::to_string(data.classes));
  else if (model.task == Task::regression && data.targets != spec.outputs)
    found.push_back("the model predicts " + std::to_string(spec.outputs) + " values a sample, " + data.name + " has " +
                    std::to_string(data.targets) + " targets");
  if (model.task == data.task && !model.class_names.empty() && !data.class_names.empty() &&
      model.class_names != data.class_names)
    found.push_back("the classes of " + data.name +
                    " have other names, or another order, than the model's; import it with --like TRAIN.h5");
  return found;
}

Metrics evaluate_rows(const Model& model, const Samples& samples, Communicator& communicator, Workers& workers,
                      const std::function<void(Index, Index)>& progress) {
  const FloatingPointMode mode;
  DatasetInfo info = samples.data.info();
  info.classes = model.classes;
  const ShardPass pass{model, evaluation_plan};
  const Index leaves = shard_count(samples.samples, evaluation_plan.shard_size);
  ShardStore store = evaluation_store(model, std::min(leaves, leaves_in_flight(workers)));
  const Index own = leaves_of_rank(leaves, communicator.rank(), communicator.ranks()).size();
  const auto leaf = [&](Index index, Index slot, std::span<double> sums) {
    pass.gather(samples, index, {}, store, slot);
    ShardBuffers& shard = store[slot];
    pass.forward_alone({}, shard);
    measure_shard(info, shard.outputs.back(), shard.targets(), model.target_transform, pass.loss(shard), sums);
  };
  const auto done = [&](Index count) {
    if (progress) progress(count, own);
  };
  return metrics_from(
      info, at_place([&] { return sum_over_leaves(leaves, metric_sums_size(info), communicator, workers, leaf, done); },
                     [] { return "evaluation"; }));
}

Metrics evaluate(const Model& model, const Dataset& data, Communicator& communicator, Workers& workers,
                 const std::function<void(Index, Index)>& progress) {
  if (auto found = problems(model, data.info()); !found.empty()) throw RequestError{std::move(found)};
  const Samples all{.data = data, .row_of = [](Index position) { return position; }, .samples = data.info().samples};
  return evaluate_rows(model, all, communicator, workers, progress);
}

void predict(const Model& model, const Dataset& data, Communicator& communicator, Workers& workers,
             const std::function<void(Index first_row, ConstPanel outputs)>& sink) {
  const Index total = data.info().samples;
  if (data.info().features != model.network.spec().inputs)
    throw ShapeError{"the model takes " + std::to_string(model.network.spec().inputs) + " features, " +
                     data.info().name + " has " + std::to_string(data.info().features)};
  const FloatingPointMode mode;
  const ShardPass pass{model, evaluation_plan};
  ShardStore store = evaluation_store(model, window_slots(workers));
  for_each_window(
      {.samples = total, .outputs = model.network.spec().outputs}, communicator, workers,
      [&](Range rows, Index slot, const std::vector<Panel>& panels, Index column) {
        predict_shard(model, pass, data, rows, store, slot, panels.front(), column);
      },
      [&](Index first, const std::vector<Panel>& panels) { sink(first, panels.front()); });
}

}  // namespace lockstep
