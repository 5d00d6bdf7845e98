// SPDX-License-Identifier: MIT
// Data sets in memory.
#include "core/memory_dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

#include "core/cache_lines.hpp"
#include "core/error.hpp"

namespace lockstep {
namespace {

void check_count(const Matrix& features, Index targets) {
  if (features.cols() == targets) return;
  throw ShapeError{
      fmt::format("features have {} samples (columns), targets {}; give one target for each column of the features.",
                  features.cols(), targets)};
}

void check_finite(const Matrix& values, std::string_view what) {
  for (Index sample = 0; sample < values.cols(); ++sample) {
    for (Index row = 0; row < values.rows(); ++row) {
      const Scalar value = values(row, sample);
      if (std::isfinite(value)) continue;
      throw RequestError{fmt::format("sample {}: {} {} is {}; remove or replace values that are not finite.", sample,
                                     what, row, value)};
    }
  }
}

void check_labels(std::span<const Label> labels, Index classes) {
  for (std::size_t sample = 0; sample < labels.size(); ++sample) {
    if (labels[sample] >= 0 && labels[sample] < classes) continue;
    throw RequestError{fmt::format("sample {}: label {} is outside [0, {}), the {} classes.", sample, labels[sample],
                                   classes, classes)};
  }
}

/// Copies one sample into a column, transformed; clears the padding.
void copy_sample(const Scalar* from, const Scalar* next, const AffineTransform& transform, Panel panel, Index column) {
  Scalar* to = panel.column(column);
  for_each_line<Scalar>(static_cast<std::size_t>(panel.rows), reinterpret_cast<const std::byte*>(next),
                        [&](std::size_t first, std::size_t count) { std::copy_n(from + first, count, to + first); });
  if (!transform.shift.empty()) {
    assert(static_cast<Index>(transform.shift.size()) == panel.rows);
    for (Index row = 0; row < panel.rows; ++row) to[row] -= transform.shift[static_cast<std::size_t>(row)];
  }
  if (!transform.factor.empty()) {
    assert(static_cast<Index>(transform.factor.size()) == panel.rows);
    for (Index row = 0; row < panel.rows; ++row) to[row] *= transform.factor[static_cast<std::size_t>(row)];
  }
  std::fill(to + panel.rows, to + panel.stride, Scalar{0});
}

void gather(const Matrix& samples, std::span<const Index> rows, const AffineTransform& transform, Panel panel) {
  assert(panel.rows == samples.rows() && panel.columns == static_cast<Index>(rows.size()));
  const auto sample = [&](std::size_t column) {
    assert(rows[column] >= 0 && rows[column] < samples.cols());
    return samples.data() + rows[column] * samples.rows();
  };
  for (std::size_t column = 0; column < rows.size(); ++column)
    copy_sample(sample(column), sample(std::min(column + 1, rows.size() - 1)), transform, panel,
                static_cast<Index>(column));
}

/// Holds references: the caller's arrays are the data set.
class MemoryDataset final : public Dataset {
 public:
  MemoryDataset(const Matrix& features, const std::vector<Label>& labels, Index classes)
      : features_{features}, labels_{labels} {
    check_count(features, static_cast<Index>(labels.size()));
    check_finite(features, "feature");
    check_labels(labels, classes);
    describe(Task::classification);
    info_.classes = classes;
  }

  MemoryDataset(const Matrix& features, const Matrix& values) : features_{features}, values_{&values} {
    check_count(features, values.cols());
    check_finite(features, "feature");
    check_finite(values, "target");
    describe(Task::regression);
    info_.targets = values.rows();
  }

  [[nodiscard]] const DatasetInfo& info() const override { return info_; }

  void gather_features(std::span<const Index> rows, const AffineTransform& transform, Panel features) const override {
    gather(features_, rows, transform, features);
  }

  void gather_labels(std::span<const Index> rows, std::span<Label> labels) const override {
    assert(info_.task == Task::classification && labels.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) labels[i] = labels_[static_cast<std::size_t>(rows[i])];
  }

  void gather_values(std::span<const Index> rows, const AffineTransform& transform, Panel values) const override {
    assert(info_.task == Task::regression);
    gather(*values_, rows, transform, values);
  }

 private:
  void describe(Task task) {
    info_.name = "memory";
    info_.task = task;
    info_.samples = features_.cols();
    info_.features = features_.rows();
    info_.feature_shape = {features_.rows()};
  }

  const Matrix& features_;
  std::span<const Label> labels_;
  const Matrix* values_ = nullptr;
  DatasetInfo info_;
};

}  // namespace

std::unique_ptr<Dataset> dataset_over(const Matrix& features, const std::vector<Label>& labels, Index classes) {
  return std::make_unique<MemoryDataset>(features, labels, classes);
}

std::unique_ptr<Dataset> dataset_over(const Matrix& features, const Matrix& values) {
  return std::make_unique<MemoryDataset>(features, values);
}

}  // namespace lockstep
