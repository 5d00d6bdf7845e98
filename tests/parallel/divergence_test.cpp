// SPDX-License-Identifier: MIT
// NaN and infinity in training: every rank stops at the same step and names the same place.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "parallel/run_setup.hpp"
#include "support/mpi_world.hpp"
#include "support/small_data.hpp"
#include "support/stopper.hpp"

namespace lockstep {
namespace {

using test::Stopper;
using test::ValueData;
using test::world;

constexpr Scalar largest = std::numeric_limits<Scalar>::max();

/// Regression on unscaled samples, all of them in one batch.
TrainConfig plain_config(std::vector<Index> hidden) {
  return {.hidden = std::move(hidden),
          .activation = Activation::linear,
          .optimizer = Optimizer::sgd,
          .learning_rate = 0.01,
          .batch_size = 53,
          .shard_size = 3,
          .epochs = 2,
          .shuffle = false,
          .standardize = Standardize::none,
          .threads = 2};
}

/// What a step over all samples throws, as "step layer".
std::string place_of_divergence(const ValueData& values, const TrainConfig& config, Index memory_bytes) {
  const auto data = values.dataset();
  Workers workers{2};
  const DataSplit split{config, *data};
  Model model = fresh_model(config, *data, split, nullptr, world(), workers);
  StepEngine::Form form = engine_form(config, 53);
  form.memory_bytes = memory_bytes;
  StepEngine engine{model, form, world(), workers};
  try {
    (void)engine.step({.data = *data, .row_of = split.epoch_rows(0), .samples = 53}, {.training = true, .step = 6},
                      {.learning_rate = 0.01}, {}, false);
  } catch (const DivergenceError& error) {
    return std::to_string(error.step()) + " " + error.layer();
  }
  return "none";
}

TEST(Divergence, NamesTheFirstBadLayerOfAnyShardWhateverTheMemoryAndTheRanks) {
  ValueData values{53};
  values.features.col(1).setConstant(largest);                   // beyond the largest number in the hidden layer
  values.features.col(50).setConstant(std::sqrt(largest) * 10);  // beyond it in the squared error alone
  for (const Index memory_bytes : {Index{1}, Index{9} << 10, Index{1} << 30})
    EXPECT_EQ(place_of_divergence(values, plain_config({17}), memory_bytes), "7 hidden1") << memory_bytes << " bytes";
  values.features.col(1).setConstant(1);
  for (const Index memory_bytes : {Index{1}, Index{1} << 30})
    EXPECT_EQ(place_of_divergence(values, plain_config({17}), memory_bytes), "7 loss") << memory_bytes << " bytes";
}

TEST(Divergence, NamesTheSameLayerWhenTheGradientTravelsInSeveralParcels) {
  ValueData values{53};
  TrainConfig config = plain_config({601, 709});  // beyond what fits one parcel of up to 16 ranks
  config.initializer = Initializer::he;           // weights that do not get smaller with more units
  values.features.col(50).setConstant(std::sqrt(largest) * 10);
  for (const Index memory_bytes : {Index{1}, Index{1} << 30})
    EXPECT_EQ(place_of_divergence(values, config, memory_bytes), "7 loss") << memory_bytes << " bytes";
  values.features.col(1).setConstant(largest);
  for (const Index memory_bytes : {Index{1}, Index{1} << 30})
    EXPECT_EQ(place_of_divergence(values, config, memory_bytes), "7 hidden1") << memory_bytes << " bytes";
}

/// Trains a linear model from zero weights; returns "step block" of what it throws.
std::string place_from_zero(const ValueData& values, const TrainConfig& config, Stopper& observer) {
  const auto data = values.dataset();
  Network network{network_spec(config, data->info())};
  AlignedBuffer zeros{network.layout().buffer_size()};
  const Model initial{.network = std::move(network),
                      .parameters = std::move(zeros),
                      .loss = Loss::mean_squared_error,
                      .task = Task::regression};
  try {
    (void)train(config, *data, world(), observer, std::nullopt, &initial);
  } catch (const DivergenceError& error) {
    return std::to_string(error.step()) + " " + error.layer();
  }
  return "none";
}

TEST(Divergence, StopsAtAnInfiniteGradientBehindAFiniteLoss) {
  ValueData values{53};
  values.features.row(11).setConstant(largest / 2);
  for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::momentum, Optimizer::nesterov, Optimizer::rmsprop,
                                    Optimizer::adam, Optimizer::adamw}) {
    for (const double limit : {0.0, 1.0}) {
      TrainConfig config = plain_config({});
      config.optimizer = optimizer;
      config.clip_norm = limit;
      config.max_norm = limit;
      Stopper observer;
      EXPECT_EQ(place_from_zero(values, config, observer), "1 output/weights") << name_of(optimizer) << ' ' << limit;
      EXPECT_FALSE(observer.saved) << name_of(optimizer);
    }
  }
}

TEST(Divergence, StopsWhenAnOptimizersStateOverflows) {
  ValueData values{53};
  values.features.row(11).setConstant(std::sqrt(largest));  // the gradient is finite, its square is not
  for (const Optimizer optimizer : {Optimizer::rmsprop, Optimizer::adam, Optimizer::adamw}) {
    TrainConfig config = plain_config({});
    config.optimizer = optimizer;
    Stopper observer;
    EXPECT_EQ(place_from_zero(values, config, observer), "1 output/weights") << name_of(optimizer);
    EXPECT_FALSE(observer.saved) << name_of(optimizer);
  }
}

}  // namespace
}  // namespace lockstep
