// SPDX-License-Identifier: MIT
// Counting the terms, and least squares by leaving out what would be negative.
#include "parallel/scaling_model.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "parallel/work_plan.hpp"

namespace lockstep {
namespace {

double parameters_of(const StepCase& what) {
  double parameters = 0;
  for (std::size_t i = 0; i + 1 < what.sizes.size(); ++i)
    parameters += (static_cast<double>(what.sizes[i]) + 1) * static_cast<double>(what.sizes[i + 1]);
  return parameters;
}

}  // namespace

ScalingModel::Terms ScalingModel::terms_of(const ScalingPoint& point) {
  const double ranks = point.ranks;
  const double workers = ranks * point.threads;
  const double parameters = parameters_of(point.what);
  const auto shards = static_cast<double>(shard_count(point.what.batch_size, shard_size_of(point.what)));
  const double others = (ranks - 1) / ranks;
  const auto batch = static_cast<double>(point.what.batch_size);
  return {step_flop(point.what) * std::ceil(batch / workers) / batch, 2 * (ranks - 1),
          2 * sizeof(Scalar) * parameters * others,
          parameters * (1 + std::log2(std::max(1.0, shards / ranks))) / point.threads +
              parameters * others / point.threads};
}

ScalingModel ScalingModel::fitted(const std::vector<Measured>& measured) {
  std::vector<std::size_t> kept{0, 1, 2, 3};
  ScalingModel model;
  while (!kept.empty()) {
    Eigen::MatrixXd rows(static_cast<Index>(measured.size()), static_cast<Index>(kept.size()));
    for (std::size_t i = 0; i < measured.size(); ++i) {
      const Terms terms = terms_of(measured[i].point);
      for (std::size_t k = 0; k < kept.size(); ++k)
        rows(static_cast<Index>(i), static_cast<Index>(k)) = terms[kept[k]] / measured[i].seconds;
    }
    const Eigen::VectorXd costs =
        rows.completeOrthogonalDecomposition().solve(Eigen::VectorXd::Ones(rows.rows())).eval();
    model.cost_.fill(0);
    for (std::size_t k = 0; k < kept.size(); ++k) model.cost_[kept[k]] = costs(static_cast<Index>(k));
    Index least = 0;
    if (costs.minCoeff(&least) >= 0) break;
    model.cost_[kept[static_cast<std::size_t>(least)]] = 0;
    kept.erase(kept.begin() + least);
  }
  return model;
}

double ScalingModel::seconds(const ScalingPoint& point) const {
  const Terms terms = terms_of(point);
  double sum = 0;
  for (std::size_t k = 0; k < cost_.size(); ++k) sum += cost_[k] * terms[k];
  return sum;
}

double ScalingModel::communication_seconds(const ScalingPoint& point) const {
  const Terms terms = terms_of(point);
  return cost_[1] * terms[1] + cost_[2] * terms[2];
}

ScalingModel ScalingModel::with_network(double latency_seconds, double bandwidth_bytes) const {
  ScalingModel model = *this;
  model.cost_[1] = latency_seconds;
  model.cost_[2] = 1 / bandwidth_bytes;
  return model;
}

}  // namespace lockstep
