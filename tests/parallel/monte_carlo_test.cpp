// SPDX-License-Identifier: MIT
#include "parallel/monte_carlo.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/dataset.hpp"
#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/gradient_sampling.hpp"
#include "parallel/trainer.hpp"
#include "support/mpi_world.hpp"

namespace lockstep {
namespace {

using test::world;

/// 601 samples of 5 features and the value x0 - 2 x1, with a bend.
struct Curve {
  Matrix features{5, 601};
  Matrix values{1, 601};
  std::unique_ptr<Dataset> data;

  Curve() {
    for (Index sample = 0; sample < features.cols(); ++sample) {
      for (Index feature = 0; feature < features.rows(); ++feature)
        features(feature, sample) = static_cast<Scalar>(std::sin(1.3 * static_cast<double>(sample * 5 + feature)));
      values(0, sample) = 3 * features(0, sample) - 2 * std::abs(features(1, sample));
    }
    data = dataset_over(features, values);
  }
};

TrainConfig config() {
  return {.hidden = {17}, .dropout = 0.25, .input_dropout = 0.1, .batch_size = 67, .epochs = 3, .seed = 5};
}

struct Prediction {
  std::vector<Scalar> mean;
  std::vector<Scalar> deviation;
};

Prediction sampled(const Model& model, const Dataset& data, const McNetworks& networks, Communicator& ranks,
                   int threads) {
  Workers workers{threads};
  Prediction result;
  predict_by_sampling(model, data, networks, ranks, workers, [&](Index, ConstPanel mean, ConstPanel deviation) {
    for (Index column = 0; column < mean.columns; ++column) {
      result.mean.push_back(mean.column(column)[0]);
      result.deviation.push_back(deviation.column(column)[0]);
    }
  });
  return result;
}

TEST(MonteCarlo, GivesTheSameBitsOnAnyRanksAndThreads) {
  const Curve curve;
  const TrainResult run = train(config(), *curve.data);
  SerialCommunicator alone;
  const McNetworks networks{.count = 7, .seed = 3};
  const Prediction expected = sampled(run.model, *curve.data, networks, alone, 1);
  const Prediction here = sampled(run.model, *curve.data, networks, world(), 2);
  EXPECT_EQ(here.mean, expected.mean);
  EXPECT_EQ(here.deviation, expected.deviation);
  EXPECT_NE(sampled(run.model, *curve.data, {.count = 7, .seed = 4}, alone, 1).mean, expected.mean);
}

TEST(MonteCarlo, AveragesTheNetworksOneByOne) {
  const Curve curve;
  const TrainResult run = train(config(), *curve.data);
  SerialCommunicator alone;
  // The mean of 3 from the means of 1, 2 and 3: network k is k m_k - (k - 1) m_(k-1).
  std::vector<Prediction> means;
  for (Index count = 1; count <= 3; ++count)
    means.push_back(sampled(run.model, *curve.data, {.count = count, .seed = 9}, alone, 1));
  double largest = 0;
  for (std::size_t i = 0; i < means[0].mean.size(); i += 97) {
    const double first = means[0].mean[i];
    const double second = 2 * means[1].mean[i] - first;
    const double third = 3 * means[2].mean[i] - first - second;
    const double mean = (first + second + third) / 3;
    const double squares = std::pow(first - mean, 2) + std::pow(second - mean, 2) + std::pow(third - mean, 2);
    EXPECT_NEAR(means[2].deviation[i], std::sqrt(squares / 2), 1e-4);
    EXPECT_EQ(means[0].deviation[i], 0);
    largest = std::max(largest, static_cast<double>(means[2].deviation[i]));
  }
  EXPECT_GT(largest, 0.01) << "the networks are all the same";
}

TEST(MonteCarlo, WithoutDropoutIsThePlainPredictionAndItsDensity) {
  const Curve curve;
  TrainConfig plain = config();
  plain.dropout = 0;
  plain.input_dropout = 0;
  const TrainResult run = train(plain, *curve.data);
  EXPECT_FALSE(has_dropout(run.model));
  Workers workers{2};
  const Samples all{.data = *curve.data, .row_of = [](Index position) { return position; }, .samples = 601};
  const double tau = 8;
  const auto figures = evaluate_by_sampling(run.model, all, {.count = 2, .seed = 1}, {1, 2}, {tau}, world(), workers);
  const Metrics metrics = evaluate(run.model, *curve.data, world(), workers);
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_NEAR(figures[0].error, metrics.rmse, 1e-5);
  EXPECT_NEAR(figures[1].error, metrics.rmse, 1e-5);
  // A normal density of precision tau on standardised targets: rmse and unit by the standardisation's factor.
  const double factor = run.model.target_transform.factor.front();
  const double expected =
      0.5 * std::log(tau / (2 * std::numbers::pi)) + std::log(factor) - tau / 2 * std::pow(metrics.rmse * factor, 2);
  EXPECT_NEAR(figures[0].log_likelihood.front(), expected, 1e-4);
  EXPECT_NEAR(figures[1].log_likelihood.front(), expected, 1e-4);
}

TEST(GradientSampling, FindsNoBiasAndTheVarianceOfDrawingWithoutReplacement) {
  const Curve curve;
  TrainConfig plain = config();
  plain.dropout = 0;
  plain.input_dropout = 0;
  const TrainResult run = train(plain, *curve.data);
  Workers workers{2};
  const GradientSampling here = sample_gradients(run.model, plain, *curve.data, {1, 10, 600}, 2560, world(), workers);
  ASSERT_EQ(here.samples.size(), 3U);
  EXPECT_EQ(here.samples[0].draws, 256);
  EXPECT_EQ(here.samples[2].draws, 8);
  // One sample's variance s; ten have s / 10 x 591 / 600; all but one nearly none.
  const double ratio = here.samples[0].variance / here.samples[1].variance;
  EXPECT_NEAR(ratio, 10 * 600.0 / 591, 2.5);
  EXPECT_LT(here.samples[2].variance, here.samples[0].variance / 10'000);
  for (const GradientSample& sample : here.samples)
    EXPECT_LT(sample.bias * static_cast<double>(sample.draws), 4 * sample.variance) << "batch " << sample.batch;
  SerialCommunicator alone;
  Workers one{1};
  const GradientSampling serial = sample_gradients(run.model, plain, *curve.data, {10}, 2560, alone, one);
  EXPECT_EQ(serial.samples[0].variance, here.samples[1].variance);
  EXPECT_EQ(serial.full_norm, here.full_norm);
}

}  // namespace
}  // namespace lockstep
