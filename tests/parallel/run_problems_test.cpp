// SPDX-License-Identifier: MIT
// What is refused before the first step: settings, states and weights that do not fit.
#include <gtest/gtest.h>

#include <functional>

#include "core/error.hpp"
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

/// The only problem found; "none", or how many there are.
std::string only(const std::vector<std::string>& found) {
  if (found.empty()) return "none";
  return found.size() == 1 ? found.front() : std::to_string(found.size()) + " problems: " + found.front();
}

#define EXPECT_PROBLEM(found, part) EXPECT_NE(only(found).find(part), std::string::npos) << only(found)

TEST(ProblemsOfARun, AreFoundInCountsThatDoNotFit) {
  const ClassData classes;
  const auto data = classes.dataset();
  const DatasetInfo& info = data->info();
  EXPECT_EQ(only(problems(TrainConfig{}, info, 2)), "none");
  EXPECT_PROBLEM(problems(TrainConfig{.batch_size = 3}, info, 4), "raise --batch-size");
  for (const double held_out : {211.0, 0.001, 1e300})
    EXPECT_PROBLEM(problems(TrainConfig{.validation = held_out}, info, 1), "at least one on either side");
  DatasetInfo huge = info;
  huge.samples = Index{1} << 40;
  EXPECT_EQ(only(problems(TrainConfig{.batch_size = 1, .epochs = 8191}, huge, 1)), "none");
  EXPECT_PROBLEM(problems(TrainConfig{.batch_size = 1, .epochs = 8193}, huge, 1), "lower epochs");
  EXPECT_PROBLEM(problems(TrainConfig{.hidden = {Index{1} << 31}}, info, 1), "hidden layer 1 has 2147483648 units");
  EXPECT_THROW(Network({.inputs = most_units, .hidden = {most_units}, .outputs = 1}), RequestError);
  EXPECT_THROW(Network({.inputs = most_units + 1, .outputs = 1}), RequestError);
  EXPECT_THROW((void)train({.loss = Loss::cross_entropy, .batch_size = 0}, *data), RequestError);
}

TEST(ProblemsOfARun, AreFoundBetweenLossAndOutputWhicheverWasLeftOpen) {
  const ClassData classes;
  const ValueData values;
  const DatasetInfo of_classes = classes.dataset()->info();
  const DatasetInfo of_values = values.dataset()->info();
  EXPECT_PROBLEM(problems(TrainConfig{.output = Activation::tanh}, of_classes, 1),
                 "cross-entropy needs the output activation softmax, not tanh");
  EXPECT_PROBLEM(problems(TrainConfig{.output = Activation::softmax}, of_values, 1), "needs the loss cross-entropy");
  EXPECT_PROBLEM(problems(TrainConfig{.output = Activation::softmax, .loss = Loss::huber}, of_values, 1),
                 "needs the loss cross-entropy");
  EXPECT_PROBLEM(problems(TrainConfig{.output = Activation::step}, of_classes, 1), "cannot be trained");
  EXPECT_PROBLEM(problems(TrainConfig{.loss = Loss::cross_entropy}, of_values, 1), "needs classes");
  EXPECT_EQ(only(problems(TrainConfig{.output = Activation::tanh, .loss = Loss::huber}, of_classes, 1)), "none");
  EXPECT_EQ(only(problems(TrainConfig{.output = Activation::tanh}, of_values, 1)), "none");
  EXPECT_THROW((void)train({.output = Activation::tanh}, *classes.dataset()), RequestError);
  EXPECT_THROW((void)train({.output = Activation::softmax}, *values.dataset()), RequestError);
}

TrainConfig small_config() {
  return {.hidden = {17}, .batch_size = 53, .epochs = 3, .validation = 31, .patience = 2, .threads = 1};
}

/// A state saved in the middle of the second epoch.
Checkpoint saved_state(const Dataset& data) {
  SerialCommunicator alone;
  Stopper stopper{6};
  (void)train(small_config(), data, alone, stopper);
  return std::move(stopper.saved).value();
}

TEST(ProblemsOfAResumedRun, AreFoundInStatesThatDoNotFit) {
  const ClassData classes;
  const auto data = classes.dataset();
  EXPECT_EQ(only(problems(saved_state(*data), small_config(), data->info())), "none");
  const auto problem_after = [&](const std::function<void(Checkpoint&)>& damage) {
    Checkpoint checkpoint = saved_state(*data);
    damage(checkpoint);
    return problems(checkpoint, small_config(), data->info());
  };
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.state.optimizer.pop_back(); }), "1 arrays of optimizer state");
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.state.optimizer[1] = AlignedBuffer{5}; }), "square takes 5");
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.state.epoch_sums.pop_back(); }), "2 sums of its unfinished epoch");
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.state.best->parameters = AlignedBuffer{5}; }), "best parameters");
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.model.parameters = AlignedBuffer{5}; }), "parameters takes 5");
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.model.loss = Loss::mean_squared_error; }), "network or loss");
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.model.input_transform.shift.pop_back(); }), "scales another");
  EXPECT_PROBLEM(problem_after([](Checkpoint& c) { c.configuration["seed"] = "many"; }), "in the checkpoint, seed");
}

TEST(ProblemsOfAResumedRun, AreFoundInOtherSettingsAndData) {
  const ClassData classes;
  const auto data = classes.dataset();
  const Checkpoint checkpoint = saved_state(*data);
  TrainConfig other = small_config();
  other.seed = 2;
  EXPECT_PROBLEM(problems(checkpoint, other, data->info()),
                 "seed was '1' when the checkpoint was made, but is '2' now");
  other = small_config();
  other.optimizer = Optimizer::adamw;
  EXPECT_PROBLEM(problems(checkpoint, other, data->info()), "optimizer was 'adam'");
  other = small_config();
  other.threads = 3;
  other.checkpoint_every = 5;
  other.loss = Loss::cross_entropy;  // what was left open came to this
  EXPECT_EQ(only(problems(checkpoint, other, data->info())), "none");
  DatasetInfo wider = data->info();
  wider.features = 14;
  EXPECT_FALSE(problems(checkpoint, small_config(), wider).empty());
  SerialCommunicator alone;
  Stopper observer;
  other.seed = 2;
  EXPECT_THROW((void)train(other, *data, alone, observer, saved_state(*data)), RequestError);
}

TEST(ProblemsOfInitialWeights, AreFoundInAnotherFormOrScaling) {
  const ClassData classes;
  const auto data = classes.dataset();
  const TrainConfig config = small_config();
  const Model initial = std::move(saved_state(*data).model);
  EXPECT_EQ(only(problems(initial, config, data->info())), "none");
  const auto problem_of = [&](const std::function<void(TrainConfig&)>& change) {
    TrainConfig changed = config;
    change(changed);
    return problems(initial, changed, data->info());
  };
  EXPECT_PROBLEM(problem_of([](TrainConfig& c) { c.hidden = {19}; }), "another form (hidden 17");
  EXPECT_PROBLEM(problem_of([](TrainConfig& c) { c.activation = Activation::tanh; }), "another form");
  EXPECT_PROBLEM(problem_of([](TrainConfig& c) { c.loss = Loss::mean_squared_error; }), "another form");
  EXPECT_PROBLEM(problem_of([](TrainConfig& c) { c.standardize = Standardize::features; }), "standardize on auto");
  EXPECT_PROBLEM(problem_of([](TrainConfig& c) { c.standardize = Standardize::none; }), "standardize on auto");
  EXPECT_EQ(only(problem_of([](TrainConfig& c) { c.dropout = 0.5; })), "none");
  SerialCommunicator alone;
  Stopper observer;
  TrainConfig other = config;
  other.activation = Activation::tanh;
  EXPECT_THROW((void)train(other, *data, alone, observer, std::nullopt, &initial), RequestError);
}

TEST(Predict, RefusesDataOfAnotherWidth) {
  const ClassData classes;
  const auto data = classes.dataset();
  const Model model = std::move(saved_state(*data).model);
  const Matrix wide = Matrix::Zero(14, 5);
  const Matrix values = Matrix::Zero(1, 5);
  SerialCommunicator alone;
  Workers workers{1};
  EXPECT_THROW(predict(model, *dataset_over(wide, values), alone, workers, [](Index, ConstPanel) {}), ShapeError);
  EXPECT_THROW((void)predict(model, wide), ShapeError);
  EXPECT_THROW((void)evaluate(model, *dataset_over(wide, values), alone, workers), RequestError);
}

}  // namespace
}  // namespace lockstep
