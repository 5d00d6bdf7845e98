// SPDX-License-Identifier: MIT
// One pass over all values.
#include "io/dataset_summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/aligned_buffer.hpp"

namespace lockstep {
namespace {

constexpr Index block_values = Index{1} << 18U;

/// Mean and sum of squares as they grow (Welford 1962), for columns of samples.
class Running {
 public:
  explicit Running(Index rows)
      : summaries_(static_cast<std::size_t>(rows),
                   {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 0, 0}) {}

  void add(ConstPanel panel) {
    for (Index column = 0; column < panel.columns; ++column) {
      ++count_;
      const Scalar* values = panel.column(column);
      for (std::size_t row = 0; row < summaries_.size(); ++row) {
        const auto value = static_cast<double>(values[row]);
        ValueSummary& summary = summaries_[row];
        summary.least = std::min(summary.least, value);
        summary.greatest = std::max(summary.greatest, value);
        const double off = value - summary.mean;
        summary.mean += off / static_cast<double>(count_);
        summary.deviation += off * (value - summary.mean);  // the sum of squares until finish()
      }
    }
  }

  [[nodiscard]] std::vector<ValueSummary> finish() && {
    for (ValueSummary& summary : summaries_)
      summary.deviation = std::sqrt(summary.deviation / static_cast<double>(count_));
    return std::move(summaries_);
  }

 private:
  std::vector<ValueSummary> summaries_;
  Index count_ = 0;
};

}  // namespace

DatasetSummary summarize(const Dataset& data, const WorkProgress& progress) {
  const DatasetInfo& info = data.info();
  const bool classes = info.targets > 0 && info.task == Task::classification;
  const bool values = info.targets > 0 && info.task == Task::regression;
  DatasetSummary summary;
  if (classes) summary.class_samples.resize(static_cast<std::size_t>(info.classes));
  Running features{info.features};
  Running targets{values ? info.targets : 0};
  const Index block = std::max(Index{1}, block_values / (info.features + info.targets));
  AlignedBuffer feature_buffer{panel_scalars(info.features, block)};
  AlignedBuffer target_buffer{panel_scalars(info.targets, block)};
  std::vector<Index> rows;
  std::vector<Label> labels;
  for (Index begin = 0; begin < info.samples; begin += block) {
    const Index columns = std::min(block, info.samples - begin);
    rows.resize(static_cast<std::size_t>(columns));
    std::iota(rows.begin(), rows.end(), begin);
    const Panel feature_panel{feature_buffer.data(), info.features, columns, padded(info.features)};
    data.gather_features(rows, {}, feature_panel);
    features.add(feature_panel);
    if (classes) {
      labels.resize(rows.size());
      data.gather_labels(rows, labels);
      for (const Label label : labels) ++summary.class_samples[static_cast<std::size_t>(label)];
    } else if (values) {
      const Panel target_panel{target_buffer.data(), info.targets, columns, padded(info.targets)};
      data.gather_values(rows, {}, target_panel);
      targets.add(target_panel);
    }
    if (progress) progress(static_cast<double>(begin) / static_cast<double>(info.samples));
  }
  summary.features = std::move(features).finish();
  if (values) summary.targets = std::move(targets).finish();
  return summary;
}

ValueSummary over_all(const std::vector<ValueSummary>& summaries) {
  ValueSummary all{summaries.front().least, summaries.front().greatest, 0, 0};
  const auto count = static_cast<double>(summaries.size());
  for (const ValueSummary& one : summaries) {
    all.least = std::min(all.least, one.least);
    all.greatest = std::max(all.greatest, one.greatest);
    all.mean += one.mean / count;
  }
  for (const ValueSummary& one : summaries) {
    const double off = one.mean - all.mean;
    all.deviation += (one.deviation * one.deviation + off * off) / count;
  }
  all.deviation = std::sqrt(all.deviation);
  return all;
}

}  // namespace lockstep
