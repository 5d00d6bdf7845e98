// SPDX-License-Identifier: MIT
#include "core/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "tests/support/panel_buffer.hpp"

namespace lockstep {
namespace {

/// A panel of values that depend on their place.
class Block : public PanelBuffer {
 public:
  Block(Index rows, Index columns, const std::function<double(Index, Index)>& value) : PanelBuffer{rows, columns} {
    for (Index column = 0; column < columns; ++column)
      for (Index row = 0; row < rows; ++row) panel().column(column)[row] = static_cast<Scalar>(value(row, column));
  }
};

DatasetInfo classes_info(Index classes) {
  DatasetInfo info;
  info.classes = classes;
  return info;
}

DatasetInfo values_info(Index targets) {
  DatasetInfo info;
  info.task = Task::regression;
  info.targets = targets;
  return info;
}

std::vector<double> measured(const DatasetInfo& info, const Block& outputs, const Targets& targets,
                             const AffineTransform& transform, double loss) {
  std::vector<double> sums(static_cast<std::size_t>(metric_sums_size(info)), 99.0);
  measure_shard(info, outputs.panel(), targets, transform, loss, sums);
  return sums;
}

TEST(PredictedClass, IsTheFirstLargestOutput) {
  EXPECT_EQ(predicted_class(std::vector<Scalar>{1, 3, 3, 2}), 1);
  EXPECT_EQ(predicted_class(std::vector<Scalar>{0, 0, 0}), 0);
  EXPECT_EQ(predicted_class(std::vector<Scalar>{-5, -3, -2}), 2);
}

TEST(PredictedClass, OfOneOutputIsOneAboveAHalf) {
  EXPECT_EQ(predicted_class(std::vector<Scalar>{Scalar{0.5}}), 0);
  EXPECT_EQ(predicted_class(std::vector<Scalar>{Scalar{0.51F}}), 1);
}

TEST(Metrics, CountWhatWasTakenForWhat) {
  const std::vector<Label> truth{0, 0, 0, 2, 2};
  const std::vector<Label> named{0, 3, 0, 2, 0};
  const Block outputs{
      4, 5, [&](Index row, Index column) { return row == named[static_cast<std::size_t>(column)] ? 0.7 : 0.1; }};
  const DatasetInfo info = classes_info(4);
  const Metrics metrics = metrics_from(info, measured(info, outputs, {.labels = truth, .values = {}}, {}, 10.0));
  EXPECT_EQ(metrics.samples, 5);
  EXPECT_EQ(metrics.loss, 2.0);
  EXPECT_EQ(metrics.accuracy, 0.6);
  const std::vector<std::vector<Index>> confusion{{2, 0, 0, 1}, {0, 0, 0, 0}, {1, 0, 1, 0}, {0, 0, 0, 0}};
  EXPECT_EQ(metrics.confusion, confusion);
  EXPECT_EQ(metrics.class_samples, (std::vector<Index>{3, 0, 2, 0}));
  ASSERT_EQ(metrics.recall.size(), 4U);
  EXPECT_EQ(metrics.recall[0], 2.0 / 3);
  EXPECT_TRUE(std::isnan(metrics.recall[1]));
  EXPECT_EQ(metrics.recall[2], 0.5);
}

TEST(Metrics, OfManyClassesCountHitsWithoutAConfusion) {
  constexpr Index classes = most_classes_in_confusion + 3;
  const std::vector<Label> truth{0, 66, 66, 41, 66};
  const std::vector<Label> named{0, 66, 41, 66, 66};
  const Block outputs{
      classes, 5, [&](Index row, Index column) { return row == named[static_cast<std::size_t>(column)] ? 0.7 : 0.1; }};
  const DatasetInfo info = classes_info(classes);
  EXPECT_EQ(metric_sums_size(info), 2 + 2 * classes);
  const Metrics metrics = metrics_from(info, measured(info, outputs, {.labels = truth, .values = {}}, {}, 10.0));
  EXPECT_EQ(metrics.accuracy, 0.6);
  EXPECT_TRUE(metrics.confusion.empty());
  ASSERT_EQ(metrics.recall.size(), static_cast<std::size_t>(classes));
  EXPECT_EQ(metrics.recall[0], 1);
  EXPECT_EQ(metrics.recall[41], 0);
  EXPECT_EQ(metrics.recall[66], 2.0 / 3);
  EXPECT_TRUE(std::isnan(metrics.recall[1]));
  EXPECT_EQ(metrics.class_samples[66], 3);
  EXPECT_EQ(metrics.class_samples[1], 0);
}

TEST(Metrics, ReadOneOutputAsTheSecondClass) {
  const std::vector<Label> truth{0, 1, 1};
  const Block outputs{1, 3, [](Index, Index column) { return 0.4 + 0.2 * static_cast<double>(column); }};
  const DatasetInfo info = classes_info(2);
  const Metrics metrics = metrics_from(info, measured(info, outputs, {.labels = truth, .values = {}}, {}, 1.0));
  EXPECT_EQ(metrics.accuracy, 1.0);
}

TEST(Metrics, OfRegressionAreInTheTargetsOwnUnits) {
  // Target 0 in its own units: 10, 12, 17 with outputs 11, 12, 15. Stored as (y - 10) * 0.5. Target 1 is always off
  // by 3.
  const std::vector<double> value{10, 12, 17};
  const std::vector<double> output{11, 12, 15};
  const AffineTransform transform{.shift = {10, 0}, .factor = {Scalar{0.5}, 1}};
  const Block values{2, 3, [&](Index row, Index column) {
                       const double y = value[static_cast<std::size_t>(column)];
                       return row == 0 ? (y - 10) * 0.5 : y;
                     }};
  const Block outputs{2, 3, [&](Index row, Index column) {
                        const auto sample = static_cast<std::size_t>(column);
                        return row == 0 ? (output[sample] - 10) * 0.5 : value[sample] - 3;
                      }};
  const DatasetInfo info = values_info(2);
  const Metrics metrics =
      metrics_from(info, measured(info, outputs, {.labels = {}, .values = values.panel()}, transform, 6.0));
  ASSERT_EQ(metrics.regression.size(), 2U);
  EXPECT_NEAR(metrics.regression[0].rmse, std::sqrt(5.0 / 3), 1e-12);
  EXPECT_NEAR(metrics.regression[0].mae, 1.0, 1e-12);
  EXPECT_NEAR(metrics.regression[0].r2, 1 - 5.0 / 26.0, 1e-12);  // mean 13: 9 + 1 + 16
  EXPECT_NEAR(metrics.regression[1].rmse, 3, 1e-12);
  EXPECT_NEAR(metrics.rmse, std::sqrt((5.0 + 27.0) / 6), 1e-12);
  EXPECT_EQ(metrics.loss, 2.0);
}

TEST(Metrics, HaveNoR2WhereTheTargetIsConstant) {
  const Block values{1, 7, [](Index, Index) { return 0.1; }};
  const Block outputs{1, 7, [](Index, Index column) { return static_cast<double>(column); }};
  const DatasetInfo info = values_info(1);
  const Metrics metrics = metrics_from(info, measured(info, outputs, {.labels = {}, .values = values.panel()}, {}, 0));
  EXPECT_TRUE(std::isnan(metrics.regression[0].r2));
}

TEST(Metrics, OfShardsAddUpToThoseOfTheWhole) {
  const auto value = [](Index row, Index column) { return std::sin(static_cast<double>(3 * row + column)); };
  const auto later = [&](Index row, Index column) { return value(row, column + 5); };
  const auto output = [](Index row, Index column) { return std::cos(static_cast<double>(row + 2 * column)); };
  const auto later_output = [&](Index row, Index column) { return output(row, column + 5); };
  const DatasetInfo info = values_info(3);
  const auto sums_of = [&](Index samples, const auto& values, const auto& outputs, double loss) {
    const Block value_block{3, samples, values};
    return measured(info, Block{3, samples, outputs}, {.labels = {}, .values = value_block.panel()}, {}, loss);
  };
  const std::vector<double> whole = sums_of(11, value, output, 3.0);
  const std::vector<double> first = sums_of(5, value, output, 1.0);
  const std::vector<double> rest = sums_of(6, later, later_output, 2.0);
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(first[i] + rest[i], whole[i], 1e-12) << i;
}

TEST(Metrics, OfNoSamplesAreNotNumbers) {
  const DatasetInfo info = classes_info(3);
  const Metrics metrics = metrics_from(info, std::vector<double>(11));
  EXPECT_TRUE(std::isnan(metrics.loss));
  EXPECT_TRUE(std::isnan(metrics.accuracy));
}

}  // namespace
}  // namespace lockstep
