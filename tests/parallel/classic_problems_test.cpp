// SPDX-License-Identifier: MIT
// What a linear model cannot separate and a small network can, and what one that reads lines can.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "io/synthetic/synthetic.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {
namespace {

/// Drawn samples, as a data set in memory.
struct Drawn {
  Matrix features;
  std::vector<Label> labels;
  Matrix values;
  std::unique_ptr<Dataset> data;

  Drawn(const std::string& name, Index samples) {
    const auto source = synthetic_source(name, 5);
    SyntheticSamples drawn;
    source->draw({0, samples}, drawn);
    features = Eigen::Map<const Eigen::MatrixXf>(drawn.floats.data(), source->info().features, samples).cast<Scalar>();
    labels = drawn.labels;
    if (source->info().task == Task::classification) {
      data = dataset_over(features, labels, source->info().classes);
    } else {
      values = Eigen::Map<const Eigen::MatrixXf>(drawn.values.data(), 1, samples).cast<Scalar>();
      data = dataset_over(features, values);
    }
  }

  /// The share of the most frequent class.
  [[nodiscard]] double majority() const {
    const auto ones = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
    const double share = ones / static_cast<double>(labels.size());
    return std::max(share, 1 - share);
  }
};

double accuracy(const Drawn& drawn, const TrainConfig& config) {
  class Last final : public TrainingObserver {
   public:
    [[nodiscard]] std::string on_epoch(const EpochReport& report) override {
      accuracy = report.train.accuracy;
      return {};
    }
    double accuracy = 0;
  } observer;
  SerialCommunicator alone;
  (void)train(config, *drawn.data, alone, observer);
  return observer.accuracy;
}

TrainConfig with_hidden(std::vector<Index> hidden, Index epochs) {
  return {.hidden = std::move(hidden),
          .activation = Activation::tanh,
          .learning_rate = 0.02,
          .schedule = ScheduleKind::cosine,
          .batch_size = 64,
          .epochs = epochs,
          .threads = 1};
}

class NotLinearlySeparable : public testing::TestWithParam<std::string> {};

TEST_P(NotLinearlySeparable, DefeatsALinearModel) {
  const Drawn drawn{GetParam(), 1009};
  // The best line in hand gets three of a square's four corners, or 0.75 of the samples.
  EXPECT_LT(accuracy(drawn, with_hidden({}, 30)), drawn.majority() + 0.2);
}

TEST_P(NotLinearlySeparable, YieldsToASmallNetwork) {
  const Drawn drawn{GetParam(), 1009};
  EXPECT_GE(accuracy(drawn, with_hidden({37, 23}, 300)), 0.98);
}

INSTANTIATE_TEST_SUITE_P(Problems, NotLinearlySeparable, testing::Values("xor", "parity", "ring", "modes"),
                         [](const auto& instance) { return instance.param; });

TEST(LinearlySeparable, YieldsToALinearModel) {
  for (const std::string name : {"and", "or"})
    EXPECT_GE(accuracy(Drawn{name, 1009}, with_hidden({}, 60)), 0.98) << name;
}

TEST(Line, IsFoundByRegression) {
  const Drawn drawn{"line", 1009};
  TrainConfig config = with_hidden({}, 100);
  config.standardize = Standardize::none;
  const TrainResult result = train(config, *drawn.data);
  EXPECT_NEAR(result.model.parameters.data()[0], 0.5, 0.05);
  EXPECT_NEAR(result.model.parameters.data()[result.model.network.layout().blocks()[1].offset], 4, 0.1);
}

}  // namespace
}  // namespace lockstep
