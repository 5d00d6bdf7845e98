// SPDX-License-Identifier: MIT
// Confusion counts and error sums of a shard, and the figures of a pass.
#include "core/metrics.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace lockstep {
namespace {

constexpr std::size_t samples_at = 0;
constexpr std::size_t loss_at = 1;
constexpr std::size_t counts_at = 2;

/// The four sums of one target, relative to the transform's shift, in the target's own units.
struct TargetSums {
  double squared_error = 0;
  double absolute_error = 0;
  double value = 0;
  double squared_value = 0;
};
constexpr std::size_t sums_per_target = 4;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double ratio(double part, double whole) { return whole > 0 ? part / whole : not_a_number; }

bool with_confusion(Index classes) { return classes <= most_classes_in_confusion; }

void count_classes(Index classes, ConstPanel outputs, std::span<const Label> labels, std::span<double> counts) {
  for (Index sample = 0; sample < outputs.columns; ++sample) {
    const Label truth = labels[static_cast<std::size_t>(sample)];
    const Label named = predicted_class({outputs.column(sample), static_cast<std::size_t>(outputs.rows)});
    assert(truth >= 0 && truth < classes && named < classes);
    if (with_confusion(classes)) {
      counts[static_cast<std::size_t>(truth * classes + named)] += 1;
    } else {
      if (named == truth) counts[static_cast<std::size_t>(truth)] += 1;
      counts[static_cast<std::size_t>(classes + truth)] += 1;
    }
  }
}

/// One scaled unit of a target in its own units.
double own_unit(const AffineTransform& transform, Index target) {
  return transform.factor.empty() ? 1.0 : 1.0 / static_cast<double>(transform.factor[static_cast<std::size_t>(target)]);
}

TargetSums sums_of_target(ConstPanel outputs, ConstPanel values, Index target, double unit) {
  TargetSums sums;
  for (Index sample = 0; sample < outputs.columns; ++sample) {
    const double value = static_cast<double>(values.column(sample)[target]) * unit;
    const double error = static_cast<double>(outputs.column(sample)[target]) * unit - value;
    sums.squared_error += error * error;
    sums.absolute_error += std::abs(error);
    sums.value += value;
    sums.squared_value += value * value;
  }
  return sums;
}

void fill_classification(Metrics& metrics, std::size_t classes, std::span<const double> counts) {
  const bool confusions = with_confusion(static_cast<Index>(classes));
  double right = 0;
  for (std::size_t truth = 0; truth < classes; ++truth) {
    double hits = counts[truth];
    double present = 0;
    if (confusions) {
      const std::span<const double> row = counts.subspan(truth * classes, classes);
      metrics.confusion.emplace_back(row.begin(), row.end());
      for (const double count : row) present += count;
      hits = row[truth];
    } else {
      present = counts[classes + truth];
    }
    metrics.class_samples.push_back(static_cast<Index>(present));
    metrics.recall.push_back(ratio(hits, present));
    right += hits;
  }
  metrics.accuracy = ratio(right, static_cast<double>(metrics.samples));
}

RegressionFigures figures_of_target(double samples, const TargetSums& sums) {
  // Below this share of the raw sum of squares the spread is rounding: the target is constant.
  constexpr double rounding = 1e-13;
  const double spread = sums.squared_value - sums.value * ratio(sums.value, samples);
  const bool constant = !(spread > rounding * sums.squared_value);
  return {.rmse = std::sqrt(ratio(sums.squared_error, samples)),
          .mae = ratio(sums.absolute_error, samples),
          .r2 = constant ? not_a_number : 1 - sums.squared_error / spread};
}

void fill_regression(Metrics& metrics, std::size_t targets, std::span<const double> all_sums) {
  const auto samples = static_cast<double>(metrics.samples);
  double squared_error = 0;
  for (std::size_t target = 0; target < targets; ++target) {
    const std::span<const double> s = all_sums.subspan(target * sums_per_target, sums_per_target);
    metrics.regression.push_back(figures_of_target(
        samples, {.squared_error = s[0], .absolute_error = s[1], .value = s[2], .squared_value = s[3]}));
    squared_error += s[0];
  }
  metrics.rmse = std::sqrt(ratio(squared_error, samples * static_cast<double>(targets)));
}

}  // namespace

Index metric_sums_size(const DatasetInfo& info) {
  constexpr auto before = static_cast<Index>(counts_at);
  if (info.task == Task::regression) return before + info.targets * static_cast<Index>(sums_per_target);
  return before + info.classes * (with_confusion(info.classes) ? info.classes : 2);
}

void measure_shard(const DatasetInfo& info, ConstPanel outputs, const Targets& targets,
                   const AffineTransform& target_transform, double loss, std::span<double> sums) {
  assert(static_cast<Index>(sums.size()) == metric_sums_size(info));
  std::fill(sums.begin(), sums.end(), 0.0);
  sums[samples_at] = static_cast<double>(outputs.columns);
  sums[loss_at] = loss;
  if (info.task == Task::classification) {
    count_classes(info.classes, outputs, targets.labels, sums.subspan(counts_at));
    return;
  }
  assert(outputs.rows == info.targets && targets.values.rows == info.targets);
  std::size_t next = counts_at;
  for (Index target = 0; target < info.targets; ++target) {
    const TargetSums of_target = sums_of_target(outputs, targets.values, target, own_unit(target_transform, target));
    sums[next++] = of_target.squared_error;
    sums[next++] = of_target.absolute_error;
    sums[next++] = of_target.value;
    sums[next++] = of_target.squared_value;
  }
}

double squared_errors(ConstPanel outputs, ConstPanel values, const AffineTransform& target_transform) {
  double sum = 0;
  for (Index target = 0; target < outputs.rows; ++target)
    sum += sums_of_target(outputs, values, target, own_unit(target_transform, target)).squared_error;
  return sum;
}

Label predicted_class(std::span<const Scalar> outputs) {
  if (outputs.size() == 1) return outputs[0] > Scalar{0.5} ? 1 : 0;
  return static_cast<Label>(std::max_element(outputs.begin(), outputs.end()) - outputs.begin());
}

Metrics metrics_from(const DatasetInfo& info, std::span<const double> sums) {
  assert(static_cast<Index>(sums.size()) == metric_sums_size(info));
  Metrics metrics;
  metrics.samples = static_cast<Index>(sums[samples_at]);
  metrics.loss = ratio(sums[loss_at], sums[samples_at]);
  if (info.task == Task::classification)
    fill_classification(metrics, static_cast<std::size_t>(info.classes), sums.subspan(counts_at));
  else
    fill_regression(metrics, static_cast<std::size_t>(info.targets), sums.subspan(counts_at));
  return metrics;
}

}  // namespace lockstep
