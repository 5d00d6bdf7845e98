// SPDX-License-Identifier: MIT
// Data sets over arrays in memory.
#include "core/dataset.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/error.hpp"
#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "tests/support/panel_buffer.hpp"

namespace lockstep {
namespace {

constexpr Index features = 3;
constexpr Index samples = 7;

/// Sample c has features 10 c, 10 c + 1, 10 c + 2.
Matrix numbered(Index rows = features) {
  Matrix matrix(rows, samples);
  for (Index column = 0; column < samples; ++column) {
    for (Index row = 0; row < rows; ++row) matrix(row, column) = static_cast<Scalar>(10 * column + row);
  }
  return matrix;
}

const std::vector<Label> test_labels{0, 1, 2, 3, 4, 0, 1};

template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

TEST(DatasetOver, DescribesClassification) {
  const Matrix inputs = numbered();
  const auto data = dataset_over(inputs, test_labels, 5);
  EXPECT_EQ(data->info().name, "memory");
  EXPECT_EQ(data->info().task, Task::classification);
  EXPECT_EQ(data->info().samples, samples);
  EXPECT_EQ(data->info().features, features);
  EXPECT_EQ(data->info().classes, 5);
  EXPECT_EQ(data->info().targets, 1);
  EXPECT_EQ(data->read_pattern(), ReadPattern{});
}

TEST(DatasetOver, DescribesRegression) {
  const Matrix inputs = numbered();
  const Matrix targets = numbered(2);
  const auto data = dataset_over(inputs, targets);
  EXPECT_EQ(data->info().task, Task::regression);
  EXPECT_EQ(data->info().targets, 2);
  EXPECT_EQ(data->info().classes, 0);
}

TEST(DatasetOver, GathersRowsInAnyOrderAndClearsThePadding) {
  const Matrix inputs = numbered();
  const auto data = dataset_over(inputs, test_labels, 5);
  const std::vector<Index> rows{6, 0, 6, 2};
  const PanelBuffer gathered{features, 4};
  data->gather_features(rows, {}, gathered.panel());
  EXPECT_EQ(gathered.values(), (std::vector<double>{60, 61, 62, 0, 1, 2, 60, 61, 62, 20, 21, 22}));
  for (Index column = 0; column < 4; ++column) {
    for (Index row = features; row < gathered.panel().stride; ++row) EXPECT_EQ(gathered.panel().column(column)[row], 0);
  }
  std::vector<Label> labels(4);
  data->gather_labels(rows, labels);
  EXPECT_EQ(labels, (std::vector<Label>{1, 0, 1, 2}));
}

TEST(DatasetOver, ShiftsThenScalesFeaturesAndTargets) {
  const Matrix inputs = numbered();
  const Matrix targets = numbered(2);
  const auto data = dataset_over(inputs, targets);
  const std::vector<Index> rows{3};
  const PanelBuffer gathered{features, 1};
  data->gather_features(rows, {.shift = {30, 0, 2}, .factor = {5, 2, 0.5}}, gathered.panel());
  EXPECT_EQ(gathered.values(), (std::vector<double>{0, 62, 15}));
  const PanelBuffer values{2, 1};
  data->gather_values(rows, {.shift = {10, 1}, .factor = {2, 3}}, values.panel());
  EXPECT_EQ(values.values(), (std::vector<double>{40, 90}));
}

TEST(DatasetOver, SeesTheCallersArraysAndCopiesNothing) {
  Matrix inputs = numbered();
  const auto data = dataset_over(inputs, test_labels, 5);
  inputs(0, 3) = 99;
  const PanelBuffer gathered{features, 1};
  data->gather_features(std::vector<Index>{3}, {}, gathered.panel());
  EXPECT_EQ(gathered.panel().data[0], 99);
}

TEST(DatasetOver, RefusesDifferentNumbersOfSamples) {
  const Matrix inputs = numbered();
  const std::vector<Label> six{0, 1, 2, 3, 4, 0};
  const Matrix values = numbered(1).leftCols(6);
  EXPECT_THROW((void)dataset_over(inputs, values), ShapeError);
  const std::string message = message_of([&] { (void)dataset_over(inputs, six, 5); });
  EXPECT_NE(message.find("7 samples"), std::string::npos) << message;
  EXPECT_NE(message.find("targets 6"), std::string::npos) << message;
}

TEST(DatasetOver, NamesTheFirstLabelOutOfRange) {
  const Matrix inputs = numbered();
  const std::string message = message_of([&] { (void)dataset_over(inputs, test_labels, 4); });
  EXPECT_NE(message.find("sample 4: label 4"), std::string::npos) << message;
  const std::vector<Label> negative{0, 1, -1, 3, 9, 0, 1};
  EXPECT_NE(message_of([&] { (void)dataset_over(inputs, negative, 5); }).find("sample 2: label -1"), std::string::npos);
}

TEST(DatasetOver, NamesTheFirstValueThatIsNotFinite) {
  Matrix inputs = numbered();
  inputs(1, 4) = std::numeric_limits<Scalar>::quiet_NaN();
  inputs(2, 5) = std::numeric_limits<Scalar>::infinity();
  const std::string message = message_of([&] { (void)dataset_over(inputs, test_labels, 5); });
  EXPECT_NE(message.find("sample 4: feature 1 is nan"), std::string::npos) << message;
  const Matrix fine = numbered();
  Matrix targets = numbered(2);
  targets(0, 6) = -std::numeric_limits<Scalar>::infinity();
  const std::string of_target = message_of([&] { (void)dataset_over(fine, targets); });
  EXPECT_NE(of_target.find("sample 6: target 0 is -inf"), std::string::npos) << of_target;
}

TEST(TaskNames, AreWords) {
  EXPECT_EQ(name_of(Task::classification), "classification");
  EXPECT_EQ(name_of(Task::regression), "regression");
}

}  // namespace
}  // namespace lockstep
