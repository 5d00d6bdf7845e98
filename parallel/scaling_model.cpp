// SPDX-License-Identifier: MIT
// Counting the terms, and least squares by leaving out what would be negative.
#include "parallel/scaling_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "core/reduction_tree.hpp"
#include "parallel/exchange_benchmark.hpp"
#include "parallel/parcels.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {
namespace {

int local_ranks(const ScalingShape& shape) { return std::min(shape.ranks_per_host, shape.ranks); }
int host_count(const ScalingShape& shape) { return (shape.ranks + local_ranks(shape) - 1) / local_ranks(shape); }

/// Inputs x outputs of each layer.
std::vector<double> weights_of(const std::vector<Index>& sizes) {
  std::vector<double> weights;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
    weights.push_back(static_cast<double>(sizes[i]) * static_cast<double>(sizes[i + 1]));
  return weights;
}

std::vector<Index> scalars_of_layers(const std::vector<Index>& sizes) {
  std::vector<Index> scalars;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) scalars.push_back((sizes[i] + 1) * sizes[i + 1]);
  return scalars;
}

}  // namespace

/// Scalars that the busiest have to do with.
struct ScalingModel::Owners {
  double slice = 0;   ///< of a rank
  double column = 0;  ///< of all ranks that are the same on their hosts
  double host = 0;    ///< of a host's ranks together

  /// Shared out evenly.
  Owners(Index scalars, const ScalingShape& shape)
      : slice{static_cast<double>(scalars) / shape.ranks},
        column{static_cast<double>(scalars) / local_ranks(shape)},
        host{static_cast<double>(scalars) / host_count(shape)} {}

  /// By whole units, as `Slices` shares them out.
  Owners(const std::vector<Index>& sizes, const ScalingShape& shape) {
    const auto ranks = static_cast<Index>(shape.ranks);
    const auto local = static_cast<Index>(local_ranks(shape));
    std::vector<double> slices(static_cast<std::size_t>(ranks));
    for (std::size_t layer = 0; layer + 1 < sizes.size(); ++layer)
      for (Index unit = 0, units = sizes[layer + 1]; unit < units; ++unit)
        slices[static_cast<std::size_t>(((unit + 1) * ranks + units - 1) / units - 1)] +=
            static_cast<double>(sizes[layer] + 1);
    std::vector<double> columns(static_cast<std::size_t>(local));
    std::vector<double> hosts(static_cast<std::size_t>(host_count(shape)));
    for (Index rank = 0; rank < ranks; ++rank) {
      columns[static_cast<std::size_t>(rank % local)] += slices[static_cast<std::size_t>(rank)];
      hosts[static_cast<std::size_t>(rank / local)] += slices[static_cast<std::size_t>(rank)];
    }
    slice = std::ranges::max(slices);
    column = std::ranges::max(columns);
    host = std::ranges::max(hosts);
  }
};

ScalingModel::Counts ScalingModel::exchange_counts(const Owners& owners, Index leaves, const ScalingShape& shape,
                                                   Route route) {
  const double ranks = shape.ranks;
  const double local = local_ranks(shape);
  const double hosts = host_count(shape);
  const auto of_rank = static_cast<double>(most_partial_sums(leaves, shape.ranks));
  const auto of_host = static_cast<double>(most_partial_sums(leaves, host_count(shape)));
  Counts counts{};
  counts[inside_messages] = 2 * (local - 1);
  if (route == Route::direct) {
    counts[inside_bytes] = sizeof(Scalar) * owners.slice * (local - 1) * (of_rank + 1);
    counts[outside_messages] = 2 * (ranks - local);
    counts[outside_bytes] = sizeof(Scalar) * owners.host * (ranks - local) * (of_rank + 1);
    counts[additions] = owners.slice * (ranks - 1) * of_rank / shape.threads;
  } else {
    counts[inside_bytes] = sizeof(Scalar) * owners.column * (local - 1) * (of_rank + 1);
    counts[outside_messages] = 2 * (hosts - 1);
    counts[outside_bytes] = sizeof(Scalar) * owners.host * (hosts - 1) * (of_host + 1);
    counts[additions] = (owners.column * (local - 1) * of_rank + owners.slice * (hosts - 1) * of_host) / shape.threads;
  }
  return counts;
}

std::vector<ScalingModel::Counts> ScalingModel::parcel_counts(const ScalingPoint& point, Route route) {
  const ScalingShape& shape = point.shape;
  const Index shard_size = shard_size_of(point.what);
  const Index leaves = shard_count(point.what.batch_size, shard_size);
  const Index shards = (leaves + shape.ranks - 1) / shape.ranks;
  const auto samples = static_cast<double>(std::min(shards * shard_size, point.what.batch_size));
  const double busy_threads = std::min<double>(shape.threads, static_cast<double>(shards * pieces_wanted));
  const double product = 2 * samples / busy_threads;  // operations of each weight
  const std::vector<double> weights = weights_of(point.what.sizes);
  const std::vector<Index> scalars = scalars_of_layers(point.what.sizes);
  const auto parameters = static_cast<double>(std::accumulate(scalars.begin(), scalars.end(), Index{0}));
  const Counts exchange = exchange_counts({point.what.sizes, shape}, leaves, shape, route);

  Counts figures{};
  figures[operations] = product * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (const Term messages : {inside_messages, outside_messages}) figures[messages] = exchange[messages] / 2;
  std::vector<Counts> parcels{figures};
  for (const ParcelGroup& group : parcel_groups(scalars, shape.ranks)) {
    double gradients = 0;
    double deltas = 0;
    for (std::size_t layer = group.first_layer; layer < group.end_layer; ++layer) {
      gradients += product * weights[layer];
      if (layer > 0) deltas += product * weights[layer];
    }
    const auto parts = static_cast<double>(group.parts);
    const double share = static_cast<double>(group.scalars) / parameters / parts;
    for (Index part = 0; part < group.parts; ++part) {
      Counts parcel = exchange;
      for (const Term term : {additions, inside_bytes, outside_bytes}) parcel[term] *= share;
      parcel[additions] += parameters * share * static_cast<double>(shards + 1) / shape.threads;
      parcel[operations] = gradients / parts;
      if (part == 0) parcel[operations] += deltas;
      parcels.push_back(parcel);
    }
  }
  return parcels;
}

ScalingModel ScalingModel::fitted(const std::vector<MeasuredStep>& steps,
                                  const std::vector<MeasuredExchange>& exchanges) {
  std::vector<Counts> relative;  // to the seconds measured
  const auto add = [&](Counts counts, double seconds) {
    for (double& count : counts) count /= seconds;
    relative.push_back(counts);
  };
  for (const MeasuredStep& step : steps) {
    if (host_count(step.point.shape) > 1) continue;
    Counts sum{};
    for (const Counts& parcel : parcel_counts(step.point, Route::direct))
      std::transform(sum.begin(), sum.end(), parcel.begin(), sum.begin(), std::plus{});
    add(sum, step.seconds);
  }
  for (const MeasuredExchange& exchange : exchanges) {
    const Owners owners{exchange.floats, exchange.shape};
    Counts counts = exchange_counts(owners, exchange.leaves, exchange.shape, Route::direct);
    counts[additions] += owners.slice / exchange.shape.threads;  // it copies the sum to where it leaves from
    add(counts, exchange.seconds);
  }

  ScalingModel model;
  std::vector<std::size_t> kept;
  for (std::size_t term = 0; term < terms; ++term) {
    model.known_[term] = std::ranges::any_of(relative, [term](const Counts& counts) { return counts[term] > 0; });
    if (model.known_[term]) kept.push_back(term);
  }
  while (!kept.empty()) {
    Eigen::MatrixXd rows(static_cast<Index>(relative.size()), static_cast<Index>(kept.size()));
    for (std::size_t i = 0; i < relative.size(); ++i)
      for (std::size_t k = 0; k < kept.size(); ++k)
        rows(static_cast<Index>(i), static_cast<Index>(k)) = relative[i][kept[k]];
    const Eigen::VectorXd scale = rows.colwise().norm().cwiseInverse();
    const Eigen::VectorXd costs =
        scale.cwiseProduct((rows * scale.asDiagonal()).colPivHouseholderQr().solve(Eigen::VectorXd::Ones(rows.rows())));
    model.cost_.fill(0);
    for (std::size_t k = 0; k < kept.size(); ++k) model.cost_[kept[k]] = costs(static_cast<Index>(k));
    Index least = 0;
    if (costs.minCoeff(&least) >= 0) break;
    model.cost_[kept[static_cast<std::size_t>(least)]] = 0;
    kept.erase(kept.begin() + least);
  }
  return model;
}

double ScalingModel::time(const Counts& counts, Term first, Term end) const {
  return std::inner_product(counts.begin() + first, counts.begin() + end, cost_.begin() + first, 0.0);
}

StepForecast ScalingModel::forecast(const ScalingPoint& point, Route route) const {
  if (host_count(point.shape) > 1 && !known_[outside_messages])
    throw std::logic_error{"a forecast for several hosts needs a network between them"};
  StepForecast step;
  double network = 0;  // busy until then, counted from when the first parcel is computed
  double computed = 0;
  for (const Counts& parcel : parcel_counts(point, route)) {
    const double outside = time(parcel, outside_messages, terms);
    step.computation += time(parcel, operations, inside_messages);
    step.communication += time(parcel, inside_messages, outside_messages) + outside;
    computed += time(parcel, operations, outside_messages);
    network = std::max(network, computed) + outside;
  }
  step.seconds = network;
  return step;
}

std::optional<LinkRates> ScalingModel::link(Term messages, Term bytes) const {
  if (!known_[messages]) return std::nullopt;
  return LinkRates{.latency_seconds = cost_[messages], .bytes_per_second = 1 / cost_[bytes]};
}

ScalingModel ScalingModel::with_network(LinkRates network) const {
  ScalingModel model = *this;
  model.cost_[outside_messages] = network.latency_seconds;
  model.cost_[outside_bytes] = 1 / network.bytes_per_second;
  model.known_[outside_messages] = model.known_[outside_bytes] = true;
  return model;
}

Index shard_size_for(Index batch_size, int ranks) {
  const auto each = static_cast<std::size_t>(std::max<Index>(1, batch_size / ranks));
  return std::min(plan_work(batch_size).shard_size, static_cast<Index>(std::bit_floor(each)));
}

}  // namespace lockstep
