// SPDX-License-Identifier: MIT
#include "parallel/trainer.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/matrix_prediction.hpp"
#include "parallel/run_setup.hpp"
#include "support/small_data.hpp"
#include "support/stopper.hpp"

namespace lockstep {
namespace {

using test::ClassData;
using test::Stopper;
using test::ValueData;

TrainConfig small_config() {
  return {.hidden = {17},
          .dropout = 0.3,
          .optimizer = Optimizer::adam,
          .learning_rate = 0.01,
          .schedule = ScheduleKind::cosine,
          .batch_size = 53,
          .shard_size = 8,
          .epochs = 5,
          .validation = 31,
          .patience = 3,
          .threads = 2};
}

TEST(Train, ReachesTheUninterruptedRunsBitsFromAnyStep) {
  const ClassData classes;
  const auto data = classes.dataset();
  const TrainConfig config = small_config();
  SerialCommunicator alone;
  Stopper unhindered{std::numeric_limits<std::uint64_t>::max()};
  const TrainResult reference = train(config, *data, alone, unhindered);
  for (const std::uint64_t stop : {1U, 4U, 5U, 11U, 19U}) {
    Stopper stopper{stop};
    const TrainResult first = train(config, *data, alone, stopper);
    EXPECT_TRUE(first.interrupted);
    ASSERT_TRUE(stopper.saved);
    EXPECT_EQ(stopper.saved->state.step, stop);
    const TrainResult second = train(config, *data, alone, unhindered, std::move(stopper.saved));
    EXPECT_EQ(second.hash, reference.hash) << "stopped after step " << stop;
    EXPECT_EQ(second.state.history, reference.state.history) << "stopped after step " << stop;
  }
}

TEST(NextLook, GrowsByATwentieth) {
  std::vector<std::uint64_t> looks;
  for (std::uint64_t step = next_look(0); step < 50; step = next_look(step)) looks.push_back(step);
  EXPECT_EQ(looks.size(), 44U);  // 1 to 40 one by one, then 42, 44, 46, 48
  EXPECT_EQ(looks[39], 40U);
  EXPECT_EQ(looks.back(), 48U);
  EXPECT_EQ(next_look(1000), next_look(1001));
}

TEST(Train, EndsWhereItReachesTheTargetHoweverOftenItWasStopped) {
  const ClassData classes;
  const auto data = classes.dataset();
  TrainConfig config = small_config();
  config.patience = 0;
  config.epochs = 100;
  SerialCommunicator alone;
  Stopper unhindered{std::numeric_limits<std::uint64_t>::max()};
  for (const TargetOf of : {TargetOf::validation, TargetOf::training}) {
    config.target_of = of;
    config.target_loss = of == TargetOf::validation ? 0.6 : 0.2;
    const TrainResult reached = train(config, *data, alone, unhindered);
    ASSERT_TRUE(reached.target);
    EXPECT_LE(reached.target->loss, config.target_loss);
    EXPECT_GT(reached.state.step, 5U);
    EXPECT_LT(reached.state.step, 400U);
    EXPECT_TRUE(reached.state.finished);
    Stopper stopper{reached.state.step - 3};
    const TrainResult first = train(config, *data, alone, stopper);
    EXPECT_TRUE(first.interrupted);
    const TrainResult second = train(config, *data, alone, unhindered, std::move(stopper.saved));
    EXPECT_EQ(second.hash, reached.hash);
    EXPECT_EQ(second.state.step, reached.state.step);
  }
  // The same for an error.
  config.target_loss = 0;
  config.target_error = 0.1;
  const TrainResult reached = train(config, *data, alone, unhindered);
  ASSERT_TRUE(reached.target);
  EXPECT_LE(1 - reached.target->accuracy, 0.1 + 1e-12);
  EXPECT_LT(reached.state.step, 400U);
  EXPECT_TRUE(reaches_target({.target_error = 0.1}, {.samples = 10, .accuracy = 0.9}, Task::classification));
  EXPECT_FALSE(reaches_target({.target_error = 0.1}, {.samples = 10, .accuracy = 0.8}, Task::classification));
  EXPECT_TRUE(reaches_target({.target_error = 2}, {.samples = 10, .rmse = 1.5}, Task::regression));
  config.target_error = 0;
  config.target_loss = 1e-9;
  config.epochs = 2;
  const TrainResult missed = train(config, *data, alone, unhindered);
  EXPECT_GT(missed.target->loss, 1e-9);
  EXPECT_EQ(missed.state.step, 8U);  // 180 samples in batches of 53, twice
}

TEST(Train, KeepsTheBestWeightsInEveryCheckpointThatNamesThem) {
  const ClassData classes;
  const auto data = classes.dataset();
  TrainConfig config = small_config();
  config.patience = 0;
  config.checkpoint_every = 5;
  SerialCommunicator alone;
  Stopper stopper{11};
  (void)train(config, *data, alone, stopper);
  ASSERT_TRUE(stopper.saved);
  ASSERT_TRUE(stopper.saved->state.best);
  EXPECT_EQ(stopper.saved->state.best->parameters.size(), stopper.saved->model.parameters.size());
}

TEST(Train, RestoresTheBestWeightsWhenItStopsEarly) {
  const ClassData classes{97};
  const auto data = classes.dataset();
  TrainConfig config = small_config();
  config.hidden = {61};
  config.dropout = 0;
  config.learning_rate = 0.1;
  config.epochs = 200;
  const TrainResult result = train(config, *data);
  ASSERT_TRUE(result.state.best);
  EXPECT_TRUE(result.state.finished);
  EXPECT_LT(result.state.epoch, 200);
  EXPECT_EQ(result.state.epoch - result.state.best->epoch, config.patience);
  ASSERT_TRUE(result.validation);
  EXPECT_EQ(result.validation->loss, result.state.best->loss);
}

TEST(Train, ReachesTheClosedFormOnALinearModel) {
  const Matrix features = test::normal_matrix(5, 101, 3);
  const Matrix values = test::normal_matrix(2, 5, 4) * features + test::normal_matrix(2, 101, 5) * Scalar(0.1);
  const auto data = dataset_over(features, values);
  const TrainConfig config{.hidden = {},
                           .optimizer = Optimizer::sgd,
                           .learning_rate = 0.3,
                           .batch_size = 101,
                           .shard_size = 16,
                           .epochs = 300,
                           .standardize = Standardize::none,
                           .threads = 1};
  const TrainResult result = train(config, *data);
  // (X X^T)^-1 X y with a row of ones for the bias; features x samples.
  Eigen::MatrixXd extended(6, 101);
  extended << features.cast<double>(), Eigen::RowVectorXd::Ones(101);
  const Eigen::MatrixXd closed =
      (extended * extended.transpose()).inverse() * extended * values.cast<double>().transpose();
  const Eigen::Map<const Matrix> weights{result.model.parameters.data(), 5, 2};
  const Eigen::Map<const Vector> bias{result.model.parameters.data() + result.model.network.layout().blocks()[1].offset,
                                      2};
  EXPECT_TRUE(weights.cast<double>().isApprox(closed.topRows(5), 1e-4)) << weights << "\nwant\n" << closed;
  EXPECT_TRUE(bias.cast<double>().isApprox(closed.row(5).transpose(), 1e-2)) << bias;
}

/// The weights after three steps of an engine that may hold so much of a batch at a time.
std::string hash_after_three_steps(Index memory_bytes) {
  const ClassData classes{53};
  const auto data = classes.dataset();
  const TrainConfig config{.hidden = {17}, .dropout = 0.2, .batch_size = 53, .shard_size = 3};
  SerialCommunicator alone;
  Workers workers{2};
  const DataSplit split{config, *data};
  Model model = fresh_model(config, *data, split, nullptr, alone, workers);
  StepEngine::Form form = engine_form(config, 53);
  form.memory_bytes = memory_bytes;
  StepEngine engine{model, form, alone, workers};
  const Samples batch{.data = *data, .row_of = split.epoch_rows(0), .samples = 53};
  for (std::uint64_t step = 0; step < 3; ++step)
    (void)engine.step(batch, {.training = true, .seed = 1, .step = step},
                      {.optimizer = config.optimizer,
                       .learning_rate = 0.01,
                       .beta1 = 0.9,
                       .beta2 = 0.999,
                       .epsilon = 1e-8,
                       .step = step + 1},
                      {}, false);
  return weights_hash(model.network.layout(), model.parameters.span());
}

TEST(StepEngine, GivesTheSameBitsInWavesAsAtOnce) {
  const std::string at_once = hash_after_three_steps(Index{1} << 30);
  EXPECT_EQ(hash_after_three_steps(1), at_once) << "one shard at a time";
  for (const Index kilobytes : {2, 5, 9})
    EXPECT_EQ(hash_after_three_steps(kilobytes << 10), at_once) << kilobytes << " KiB";
}

TEST(Predict, AgreesWithEvaluationAndUndoesTheTargetsScaling) {
  const ValueData values;
  const auto data = values.dataset();
  const TrainConfig config{.hidden = {31}, .learning_rate = 0.01, .batch_size = 32, .epochs = 60, .threads = 2};
  const TrainResult result = train(config, *data);
  const Matrix predicted = predict(result.model, values.features);
  const double squares = (predicted - values.values).cast<double>().array().square().mean();
  SerialCommunicator alone;
  Workers workers{2};
  const Metrics metrics = evaluate(result.model, *data, alone, workers);
  EXPECT_NEAR(metrics.rmse, std::sqrt(squares), 1e-3 * metrics.rmse);
  EXPECT_LT(metrics.rmse, 15);  // the targets' deviation is about 21
  Matrix collected(2, 211);
  predict(result.model, *data, alone, workers,
          [&](Index first, ConstPanel outputs) { collected.middleCols(first, outputs.columns) = matrix_of(outputs); });
  EXPECT_EQ(collected, predicted);
}

}  // namespace
}  // namespace lockstep
