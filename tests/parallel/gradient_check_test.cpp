// SPDX-License-Identifier: MIT
#include "parallel/gradient_check.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/small_data.hpp"

namespace lockstep {
namespace {

using test::ClassData;
using test::ValueData;

TrainConfig small_config() {
  return {.hidden = {17, 7}, .dropout = 0.3, .input_dropout = 0.1, .batch_size = 53, .shard_size = 8, .threads = 2};
}

void expect_agreement(const TrainConfig& config, const Dataset& data) {
  SerialCommunicator alone;
  const std::vector<DirectionalCheck> checks = check_gradients(config, data, alone);
  EXPECT_EQ(checks.size(), 6U);
  for (const DirectionalCheck& check : checks) {
    EXPECT_TRUE(check.passed) << check.block << ": " << check.by_backpropagation << " against " << check.by_differences;
    EXPECT_LE(check.relative_error, check.tolerance);
    EXPECT_GT(check.tolerance, 0);
    EXPECT_NE(check.by_backpropagation, 0) << check.block;
  }
}

TEST(CheckGradients, PassesOnEveryActivationThatTrains) {
  const ClassData classes;
  const auto data = classes.dataset();
  for (int value = 0; value < static_cast<int>(Activation::softmax); ++value) {
    const auto activation = static_cast<Activation>(value);
    if (!trainable(activation)) continue;
    SCOPED_TRACE(name_of(activation));
    TrainConfig config = small_config();
    config.activation = activation;
    expect_agreement(config, *data);
  }
}

TEST(CheckGradients, PassesOnEveryLossAndTheOutputsItAllows) {
  const ClassData classes;
  const ValueData values;
  const auto class_data = classes.dataset();
  const auto value_data = values.dataset();
  for (const Loss loss : {Loss::mean_squared_error, Loss::mean_absolute_error, Loss::huber, Loss::cross_entropy,
                          Loss::binary_cross_entropy}) {
    for (int value = 0; value <= static_cast<int>(Activation::softmax); ++value) {
      const auto output = static_cast<Activation>(value);
      if (!problem_between(loss, output).empty()) continue;
      SCOPED_TRACE(std::string{name_of(loss)} + " of " + std::string{name_of(output)});
      TrainConfig config = small_config();
      config.activation = Activation::tanh;
      config.loss = loss;
      config.output = output;
      expect_agreement(config, *class_data);
      const bool for_classes = loss == Loss::cross_entropy || loss == Loss::binary_cross_entropy;
      if (!for_classes) expect_agreement(config, *value_data);
    }
  }
}

TEST(CheckGradients, IncludesWhatPenaltiesAdd) {
  const ClassData classes;
  const auto data = classes.dataset();
  SerialCommunicator alone;
  TrainConfig config = small_config();
  config.activation = Activation::tanh;
  const std::vector<DirectionalCheck> without = check_gradients(config, *data, alone);
  for (const auto member : {&TrainConfig::l1, &TrainConfig::l2}) {
    TrainConfig penalised = config;
    penalised.*member = 0.5;  // as strong as the data
    expect_agreement(penalised, *data);
    const std::vector<DirectionalCheck> with = check_gradients(penalised, *data, alone);
    for (std::size_t block = 0; block < with.size(); ++block) {
      const bool bias = block % 2 == 1;
      EXPECT_EQ(with[block].by_backpropagation == without[block].by_backpropagation, bias) << with[block].block;
    }
  }
}

TEST(CheckGradients, RefusesWhatCannotBeTrained) {
  const ClassData classes;
  const auto data = classes.dataset();
  SerialCommunicator alone;
  TrainConfig config = small_config();
  config.validation = 211;
  EXPECT_THROW((void)check_gradients(config, *data, alone), RequestError);
  config.validation = 0;
  config.output = Activation::tanh;
  EXPECT_THROW((void)check_gradients(config, *data, alone), RequestError);
}

}  // namespace
}  // namespace lockstep
