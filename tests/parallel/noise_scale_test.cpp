// SPDX-License-Identifier: MIT
#include "parallel/noise_scale.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/matrix.hpp"
#include "core/norm.hpp"
#include "parallel/run_setup.hpp"
#include "parallel/step_engine.hpp"
#include "parallel/trainer.hpp"
#include "support/mpi_world.hpp"
#include "support/small_data.hpp"
#include "support/stopper.hpp"

namespace lockstep {
namespace {

using test::ClassData;
using test::normal_matrix;
using test::Stopper;
using test::world;

TrainConfig config() {
  return {.hidden = {17, 11},
          .dropout = 0.2,
          .optimizer = Optimizer::momentum,
          .learning_rate = 0.02,
          .batch_size = 53,
          .shard_size = 8,
          .epochs = 3,
          .noise_scale = 2};
}

/// Keeps the noise of each epoch, and the state that its own stopping saves.
struct Epochs : Stopper {
  using Stopper::Stopper;
  std::vector<std::optional<double>> noise;
  std::string on_epoch(const EpochReport& report) override {
    noise.push_back(report.noise.scale());
    return Stopper::on_epoch(report);
  }
};
constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

TEST(NoiseScale, IsFoundInGradientsMadeOfKnownNoise) {
  // G = (3, 4) and noise of variance 2 in each of 50 coordinates: tr(Sigma) = 100, |G|^2 = 25, scale 4.
  constexpr int dimensions = 50;
  constexpr int batch = 7;
  NoiseSums sums;
  for (int step = 0; step < 4000; ++step) {
    Matrix gradients = std::sqrt(Scalar{2}) * normal_matrix(dimensions, batch, static_cast<std::uint64_t>(step));
    gradients.row(0).array() += 3;
    gradients.row(1).array() += 4;
    sums.add({.samples = batch,
              .batch_square = gradients.rowwise().mean().squaredNorm(),
              .sample_square = gradients.colwise().squaredNorm().mean()});
  }
  EXPECT_NEAR(sums.variance / sums.steps, 100, 1);
  EXPECT_NEAR(sums.signal / sums.steps, 25, 0.5);
  EXPECT_NEAR(sums.scale().value(), 4, 0.1);
  EXPECT_FALSE(NoiseSums{}.scale().has_value());
  NoiseSums one;
  one.add({.samples = 1, .batch_square = 2, .sample_square = 2});
  EXPECT_FALSE(one.scale().has_value()) << "one sample has no noise to measure";
}

TEST(NoiseScale, NormsAreThoseOfTheSamplesOwnGradients) {
  const ClassData classes;
  const auto data = classes.dataset();
  TrainConfig plain = config();
  plain.dropout = 0;
  plain.epochs = 1;
  Model model = train(plain, *data).model;
  Workers workers{2};
  SerialCommunicator alone;
  constexpr Index batch = 37;
  const auto row = [](Index position) { return 2 * position + 1; };
  AlignedBuffer gradient{model.network.layout().buffer_size()};
  // What the engine sums up, one sample after the other, each as a batch of its own.
  double squares = 0;
  const auto square_of = [&](Index first, Index samples) {
    StepEngine engine{model, {.batch_size = samples, .plan = plan_work(samples)}, alone, workers};
    (void)engine.gradient(
        {.data = *data, .row_of = [&](Index position) { return row(first + position); }, .samples = samples}, {},
        gradient);
    double square = 0;
    for (const ParameterBlock& block : model.network.layout().blocks())
      square += sum_of_squares(
          gradient.span().subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size())));
    return square;
  };
  for (Index sample = 0; sample < batch; ++sample) squares += square_of(sample, 1);
  const double whole = square_of(0, batch);
  StepEngine engine{model, {.batch_size = batch, .plan = {.shard_size = 8}}, world(), workers};
  const StepEngine::Report report =
      engine.step({.data = *data, .row_of = row, .samples = batch}, {.training = true},
                  {.optimizer = Optimizer::sgd, .learning_rate = 0.1}, {.norm_wanted = true}, false);
  ASSERT_TRUE(report.norms);
  EXPECT_EQ(report.norms->samples, batch);
  EXPECT_NEAR(report.norms->sample_square, squares / batch, 1e-5 * squares / batch);
  EXPECT_NEAR(report.norms->batch_square, whole, 1e-4 * whole);
}

TEST(NoiseScale, HasTheSameBitsOnAnyRanksAndThreadsAndChangesNoWeights) {
  const ClassData classes;
  const auto data = classes.dataset();
  SerialCommunicator alone;
  TrainConfig one_thread = config();
  one_thread.threads = 1;
  Epochs expected{never};
  const TrainResult run = train(one_thread, *data, alone, expected);
  ASSERT_EQ(expected.noise.size(), 3U);
  for (const auto& scale : expected.noise) EXPECT_GT(scale.value(), 0);
  TrainConfig two_threads = config();
  two_threads.threads = 2;
  Epochs here{never};
  EXPECT_EQ(train(two_threads, *data, world(), here).hash, run.hash);
  EXPECT_EQ(here.noise, expected.noise);
  TrainConfig silent = one_thread;
  silent.noise_scale = 0;
  Epochs none{never};
  EXPECT_EQ(train(silent, *data, alone, none).hash, run.hash);
  EXPECT_FALSE(none.noise.front().has_value());
}

TEST(NoiseScale, GoesOnWhereARunWasStopped) {
  const ClassData classes;
  const auto data = classes.dataset();
  SerialCommunicator alone;
  Epochs reference{never};
  (void)train(config(), *data, alone, reference);
  Epochs first{6};  // in the second epoch
  (void)train(config(), *data, alone, first);
  ASSERT_TRUE(first.saved);
  Epochs rest{never};
  (void)train(config(), *data, alone, rest, std::move(first.saved));
  first.noise.insert(first.noise.end(), rest.noise.begin(), rest.noise.end());
  EXPECT_EQ(first.noise, reference.noise);
}

}  // namespace
}  // namespace lockstep
