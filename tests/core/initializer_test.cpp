// SPDX-License-Identifier: MIT
// First weights: their distributions, and that each depends on its own index alone.
#include "core/initializer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"

namespace lockstep {
namespace {

std::vector<Scalar> drawn(Initializer initializer, Index fan_in, Index units, std::uint64_t seed = 3,
                          Index block_index = 2) {
  const ParameterBlock block{.name = "hidden1/weights", .fan_in = fan_in, .units = units};
  std::vector<Scalar> weights(static_cast<std::size_t>(block.size()));
  initialize(initializer, seed, block_index, block, weights);
  return weights;
}

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments_of(const std::vector<Scalar>& values) {
  const auto count = static_cast<double>(values.size());
  Moments moments;
  for (const double value : values) moments.mean += value / count;
  for (const double value : values) moments.variance += std::pow(value - moments.mean, 2) / count;
  return moments;
}

void expect_moments(const std::vector<Scalar>& weights, double variance) {
  const auto count = static_cast<double>(weights.size());
  const Moments moments = moments_of(weights);
  EXPECT_NEAR(moments.mean, 0, 4 * std::sqrt(variance / count));
  EXPECT_NEAR(moments.variance, variance, 4 * variance * std::sqrt(2 / count));
}

TEST(Initialize, DrawsHeWithVarianceTwoOverFanIn) { expect_moments(drawn(Initializer::he, 211, 307), 2.0 / 211); }

TEST(Initialize, DrawsLecunWithVarianceOneOverFanIn) { expect_moments(drawn(Initializer::lecun, 211, 307), 1.0 / 211); }

TEST(Initialize, DrawsGlorotUniformlyOnItsInterval) {
  const std::vector<Scalar> weights = drawn(Initializer::glorot, 211, 307);
  const double limit = std::sqrt(6.0 / (211 + 307));
  expect_moments(weights, limit * limit / 3);
  const auto [least, greatest] = std::minmax_element(weights.begin(), weights.end());
  EXPECT_NEAR(*least, -limit, 1e-3 * limit);
  EXPECT_NEAR(*greatest, limit, 1e-3 * limit);
  EXPECT_LE(std::abs(*least), static_cast<Scalar>(limit));
}

TEST(Initialize, GivesEachWeightByItsIndexAlone) {
  const std::vector<Scalar> few = drawn(Initializer::he, 13, 7);
  const std::vector<Scalar> more = drawn(Initializer::he, 13, 11);
  EXPECT_TRUE(std::equal(few.begin(), few.end(), more.begin()));
}

TEST(Initialize, DrawsOtherWeightsForAnotherSeedOrBlock) {
  const std::vector<Scalar> weights = drawn(Initializer::he, 13, 7);
  EXPECT_EQ(weights, drawn(Initializer::he, 13, 7));
  EXPECT_NE(weights, drawn(Initializer::he, 13, 7, /*seed=*/4));
  EXPECT_NE(weights, drawn(Initializer::he, 13, 7, /*seed=*/3, /*block_index=*/4));
}

TEST(Initialize, StartsBiasesAtZero) {
  const ParameterBlock block{.name = "hidden1/bias", .fan_in = 1, .units = 7, .bias = true};
  std::vector<Scalar> biases(7, Scalar{5});
  initialize(Initializer::he, 3, 1, block, biases);
  EXPECT_EQ(biases, std::vector<Scalar>(7, Scalar{0}));
}

TEST(InitializerFor, IsHeForTheReluFamilyAndGlorotForOthers) {
  for (const Activation activation :
       {Activation::relu, Activation::leaky_relu, Activation::elu, Activation::gelu, Activation::silu})
    EXPECT_EQ(initializer_for(activation), Initializer::he) << name_of(activation);
  for (const Activation activation :
       {Activation::linear, Activation::piecewise_linear, Activation::logistic, Activation::tanh, Activation::softmax})
    EXPECT_EQ(initializer_for(activation), Initializer::glorot) << name_of(activation);
}

TEST(InitializerNames, GoBothWays) {
  for (const Initializer initializer : {Initializer::he, Initializer::glorot, Initializer::lecun})
    EXPECT_EQ(initializer_named(name_of(initializer)), initializer);
  EXPECT_THROW((void)initializer_named("xavier"), RequestError);
}

}  // namespace
}  // namespace lockstep
