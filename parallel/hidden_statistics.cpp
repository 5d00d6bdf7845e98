// SPDX-License-Identifier: MIT
// One forward pass, with an eye on what lies between the layers.
#include "parallel/hidden_statistics.hpp"

#include <algorithm>
#include <cmath>

#include "parallel/evaluation_plan.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/shard_pass.hpp"

namespace lockstep {
namespace {

void add(ConstPanel outputs, HiddenStatistics& statistics) {
  statistics.unit_means.resize(static_cast<std::size_t>(outputs.rows));
  for (Index sample = 0; sample < outputs.columns; ++sample) {
    const Scalar* column = outputs.column(sample);
    statistics.activations.insert(statistics.activations.end(), column, column + outputs.rows);
    for (Index unit = 0; unit < outputs.rows; ++unit)
      statistics.unit_means[static_cast<std::size_t>(unit)] += static_cast<double>(column[unit]);
  }
}

double sparsity_of(const std::vector<Scalar>& activations) {
  Scalar largest = 0;
  for (const Scalar value : activations) largest = std::max(largest, std::abs(value));
  const auto silent = std::count_if(activations.begin(), activations.end(),
                                    [&](Scalar value) { return std::abs(value) <= largest / 100; });
  return static_cast<double>(silent) / static_cast<double>(std::max<std::size_t>(1, activations.size()));
}

}  // namespace

std::vector<HiddenStatistics> hidden_statistics(const Model& model, const Dataset& data, Index samples) {
  const FloatingPointMode mode;
  const auto& layers = model.network.layers();
  std::vector<HiddenStatistics> statistics(layers.size() - 1);
  const Index count = std::min(samples, data.info().samples);
  const ShardPass pass{model, evaluation_plan};
  ShardStore store = evaluation_store(model, 1);
  const Samples all{.data = data, .row_of = [](Index position) { return position; }, .samples = count};
  for (Index leaf = 0; leaf < shard_count(count, evaluation_plan.shard_size); ++leaf) {
    pass.gather(all, leaf, {}, store, 0);
    pass.forward_alone({}, store[0]);
    for (std::size_t layer = 0; layer < statistics.size(); ++layer) add(store[0].outputs[layer], statistics[layer]);
  }
  for (std::size_t layer = 0; layer < statistics.size(); ++layer) {
    statistics[layer].layer = layers[layer]->name();
    for (double& mean : statistics[layer].unit_means) mean /= static_cast<double>(count);
    statistics[layer].sparsity = sparsity_of(statistics[layer].activations);
  }
  return statistics;
}

}  // namespace lockstep
