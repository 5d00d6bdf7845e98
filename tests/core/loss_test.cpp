// SPDX-License-Identifier: MIT
// Losses: worked examples, deltas against finite differences, extremes.
#include "core/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "core/error.hpp"
#include "tests/support/panel_buffer.hpp"

namespace lockstep {
namespace {

constexpr double epsilon = std::numeric_limits<Scalar>::epsilon();
const std::vector<Loss> all{Loss::mean_squared_error, Loss::mean_absolute_error, Loss::huber, Loss::cross_entropy,
                            Loss::binary_cross_entropy};

std::vector<Scalar> scalars(const std::vector<double>& numbers) {
  std::vector<Scalar> values;
  for (const double number : numbers) values.push_back(static_cast<Scalar>(number));
  return values;
}

/// Loss and delta of pre-activations z.
struct Result {
  double loss;
  std::vector<double> delta;
};

Result computed(Loss loss, Activation output, Index outputs, const std::vector<Scalar>& z, const Targets& targets) {
  const PanelBuffer values{outputs, z};
  const PanelBuffer delta{outputs, values.panel().columns};
  if (output == Activation::softmax)
    activate(output, values.panel());
  else
    activate_with_slope(output, values.panel(), delta.panel());
  const double sum = loss_sum_and_delta(loss, values.panel(), targets, delta.panel());
  EXPECT_EQ(sum, loss_sum(loss, values.panel(), targets));
  return {sum, delta.values()};
}

TEST(MeanSquaredError, OfALineAgainstAnotherIsWorkedByHand) {
  const PanelBuffer target{1, std::vector<Scalar>{Scalar{0.5} * 3 + 4}};
  const Result result =
      computed(Loss::mean_squared_error, Activation::linear, 1, {2 * 3 + 2}, {.labels = {}, .values = target.panel()});
  EXPECT_EQ(result.loss, 6.25);
  EXPECT_EQ(result.delta[0], 2 * 2.5);
}

TEST(MeanSquaredError, IsTheMeanOverOutputsAndTheSumOverSamples) {
  const PanelBuffer targets{3, std::vector<Scalar>{0, 0, 0, 1, 1, 1}};
  const Result result = computed(Loss::mean_squared_error, Activation::linear, 3, {1, 2, 3, 1, 1, 7},
                                 {.labels = {}, .values = targets.panel()});
  EXPECT_NEAR(result.loss, 14 / 3.0 + 36 / 3.0, 1e-12);
  EXPECT_NEAR(result.delta[2], 2 * 3 / 3.0, 2 * epsilon);
  EXPECT_NEAR(result.delta[5], 2 * 6 / 3.0, 4 * epsilon);
}

TEST(MeanAbsoluteError, HasTheSignAsItsSlope) {
  const PanelBuffer targets{3, std::vector<Scalar>{1, 2, 3}};
  const Result result = computed(Loss::mean_absolute_error, Activation::linear, 3, {Scalar{-0.5}, 2, 7},
                                 {.labels = {}, .values = targets.panel()});
  EXPECT_NEAR(result.loss, 5.5 / 3, 1e-12);
  EXPECT_NEAR(result.delta[0], -1 / 3.0, epsilon);
  EXPECT_EQ(result.delta[1], 0);
  EXPECT_NEAR(result.delta[2], 1 / 3.0, epsilon);
}

TEST(Huber, IsQuadraticUpToOneAndLinearBeyond) {
  const PanelBuffer targets{1, std::vector<Scalar>{0, 0, 0}};
  const Result result =
      computed(Loss::huber, Activation::linear, 1, {Scalar{0.5}, -3, 1}, {.labels = {}, .values = targets.panel()});
  EXPECT_EQ(result.loss, 0.125 + 2.5 + 0.5);
  EXPECT_EQ(result.delta, (std::vector<double>{0.5, -1, 1}));
}

TEST(CrossEntropy, SendsBackOutputsMinusTargets) {
  const std::vector<Scalar> z{1, -2, Scalar{0.5}, 3, 0, 1, 1, Scalar{-0.25}, 0, 2};
  const std::vector<Label> labels{3, 1};
  const Result result = computed(Loss::cross_entropy, Activation::softmax, 5, z, {.labels = labels, .values = {}});
  double expected_loss = 0;
  for (std::size_t sample = 0; sample < 2; ++sample) {
    double total = 0;
    for (std::size_t i = 0; i < 5; ++i) total += std::exp(double{z[5 * sample + i]});
    for (std::size_t i = 0; i < 5; ++i) {
      const double y = std::exp(double{z[5 * sample + i]}) / total;
      const double t = labels[sample] == static_cast<Label>(i) ? 1 : 0;
      EXPECT_NEAR(result.delta[5 * sample + i], y - t, 2 * epsilon);
      expected_loss -= t * std::log(y);
    }
  }
  EXPECT_NEAR(result.loss, expected_loss, 8 * epsilon);
}

TEST(CrossEntropy, StaysFiniteForAConfidentWrongAnswer) {
  const std::vector<Label> labels{1};
  const Result result =
      computed(Loss::cross_entropy, Activation::softmax, 3, {2000, -2000, 0}, {.labels = labels, .values = {}});
  EXPECT_NEAR(result.loss, -std::log(double{std::numeric_limits<Scalar>::min()}), 1);
  EXPECT_EQ(result.delta[0], 1);
  EXPECT_EQ(result.delta[1], -1);
  EXPECT_NEAR(result.delta[2], 0, 1e-37);
}

TEST(BinaryCrossEntropy, StaysFiniteForAConfidentWrongAnswer) {
  const std::vector<Label> one{1};
  const std::vector<Label> zero{0};
  const auto loss_of = [](Scalar z, const std::vector<Label>& label) {
    return computed(Loss::binary_cross_entropy, Activation::logistic, 1, {z}, {.labels = label, .values = {}}).loss;
  };
  EXPECT_NEAR(loss_of(-30, one), 30 + std::exp(-30.0), 30 * 8 * epsilon);
  EXPECT_NEAR(loss_of(-2000, one), -std::log(double{std::numeric_limits<Scalar>::min()}), 1);
  // 1 - y knows y only to half a unit in its last place.
  EXPECT_NEAR(loss_of(2000, zero), -std::log(epsilon / 4), 1e-6);
  EXPECT_NEAR(loss_of(2000, one), 0, epsilon);
}

TEST(BinaryCrossEntropy, IsTheSumOverOutputsAgainstTheOneHotColumn) {
  const std::vector<Label> labels{2};
  const Result result = computed(Loss::binary_cross_entropy, Activation::logistic, 3, {1, 0, Scalar{-0.5}},
                                 {.labels = labels, .values = {}});
  const auto softplus = [](double z) { return std::log1p(std::exp(z)); };
  EXPECT_NEAR(result.loss, softplus(1) + softplus(0) + softplus(0.5), 8 * epsilon);
}

TEST(BinaryCrossEntropy, WeighsTargetsBetweenZeroAndOne) {
  const PanelBuffer targets{1, std::vector<Scalar>{Scalar{0.25}}};
  const Result result =
      computed(Loss::binary_cross_entropy, Activation::logistic, 1, {0}, {.labels = {}, .values = targets.panel()});
  EXPECT_NEAR(result.loss, std::log(2.0), 4 * epsilon);
  EXPECT_EQ(result.delta[0], 0.25);
}

TEST(Loss, ComparesLabelsWithTheOneHotColumnOrAsTheyAre) {
  const std::vector<Label> labels{1, 0};
  const Result hot =
      computed(Loss::mean_squared_error, Activation::linear, 3, {0, 0, 0, 0, 0, 0}, {.labels = labels, .values = {}});
  EXPECT_NEAR(hot.loss, 2 / 3.0, 1e-12);
  EXPECT_LT(hot.delta[1], 0);
  EXPECT_EQ(hot.delta[4], 0) << "the label of the sample before is still hot";
  const Result single =
      computed(Loss::mean_squared_error, Activation::linear, 1, {0, 0}, {.labels = labels, .values = {}});
  EXPECT_EQ(single.delta, (std::vector<double>{-2, 0}));
}

TEST(Loss, ShowsNaN) {
  const auto nan = std::numeric_limits<Scalar>::quiet_NaN();
  const std::vector<Label> labels{0};
  for (const Loss loss : all) {
    const PanelBuffer outputs{2, std::vector<Scalar>{nan, nan}};
    const PanelBuffer delta{2, std::vector<Scalar>{1, 1}};
    EXPECT_TRUE(std::isnan(loss_sum_and_delta(loss, outputs.panel(), {.labels = labels, .values = {}}, delta.panel())))
        << name_of(loss);
    EXPECT_TRUE(std::isnan(delta.values()[0])) << name_of(loss);
  }
}

/// Every allowed pair of loss and output activation against central differences in the pre-activations.
TEST(Loss, DeltasMatchFiniteDifferences) {
  const double step = 4 * std::cbrt(epsilon);
  const double tolerance = 40 * std::pow(epsilon, 2.0 / 3);
  constexpr Index outputs = 3;
  const std::vector<Scalar> start = scalars({0.31, -1.2, 0.77, 1.6, -0.13, 0.9});
  const PanelBuffer values{outputs, scalars({0.9, 0.2, 0.4, 0, 1, 0.35})};
  const std::vector<Label> labels{2, 0};
  for (const Loss loss : all) {
    for (int number = 0; number <= static_cast<int>(Activation::softmax); ++number) {
      const auto output = static_cast<Activation>(number);
      if (!problem_between(loss, output).empty()) continue;
      for (const bool labelled : {true, false}) {
        if (!labelled && loss == Loss::cross_entropy) continue;
        const Targets targets =
            labelled ? Targets{.labels = labels, .values = {}} : Targets{.labels = {}, .values = values.panel()};
        const Result result = computed(loss, output, outputs, start, targets);
        for (std::size_t i = 0; i < start.size(); ++i) {
          std::vector<Scalar> above = start;
          std::vector<Scalar> below = start;
          above[i] += static_cast<Scalar>(step);
          below[i] -= static_cast<Scalar>(step);
          const double difference = computed(loss, output, outputs, above, targets).loss -
                                    computed(loss, output, outputs, below, targets).loss;
          EXPECT_NEAR(result.delta[i], difference / (double{above[i]} - double{below[i]}), tolerance)
              << name_of(loss) << " of " << name_of(output) << ", labelled " << labelled << ", " << i;
        }
      }
    }
  }
}

TEST(Loss, HasABatchLossThatIsTheSumOfItsSamples) {
  constexpr Index outputs = 19;
  PanelBuffer both{outputs, 2};
  for (Index i = 0; i < outputs; ++i) {
    both.panel().column(0)[i] = std::sin(static_cast<Scalar>(i));
    both.panel().column(1)[i] = std::cos(static_cast<Scalar>(i));
  }
  const std::vector<Label> labels{4, 17};
  for (const Loss loss : {Loss::mean_squared_error, Loss::mean_absolute_error, Loss::huber}) {
    double sum = 0;
    for (Index sample = 0; sample < 2; ++sample) {
      Panel column = both.panel();
      column.data = column.column(sample);
      column.columns = 1;
      sum += loss_sum(loss, column,
                      {.labels = std::span{labels}.subspan(static_cast<std::size_t>(sample), 1), .values = {}});
    }
    EXPECT_EQ(loss_sum(loss, both.panel(), {.labels = labels, .values = {}}), sum) << name_of(loss);
  }
}

TEST(ProblemBetween, AcceptsEachLossWithItsOwnOutput) {
  for (const Loss loss : all) EXPECT_EQ(problem_between(loss, output_activation_for(loss)), "") << name_of(loss);
  EXPECT_EQ(output_activation_for(Loss::cross_entropy), Activation::softmax);
  EXPECT_EQ(output_activation_for(Loss::binary_cross_entropy), Activation::logistic);
  EXPECT_EQ(output_activation_for(Loss::huber), Activation::linear);
}

TEST(ProblemBetween, NamesBothSidesOfABrokenRule) {
  const std::string message = problem_between(Loss::cross_entropy, Activation::tanh);
  EXPECT_NE(message.find("cross-entropy"), std::string::npos) << message;
  EXPECT_NE(message.find("tanh"), std::string::npos) << message;
  EXPECT_NE(message.find("softmax"), std::string::npos) << message;
  EXPECT_NE(problem_between(Loss::binary_cross_entropy, Activation::softmax), "");
  EXPECT_NE(problem_between(Loss::mean_squared_error, Activation::softmax), "");
  EXPECT_NE(problem_between(Loss::mean_squared_error, Activation::step).find("cannot be trained"), std::string::npos);
  EXPECT_EQ(problem_between(Loss::mean_squared_error, Activation::logistic), "");
}

TEST(LossNames, GoBothWays) {
  for (const Loss loss : all) EXPECT_EQ(loss_named(name_of(loss)), loss);
  EXPECT_EQ(name_of(Loss::mean_squared_error), "mean-squared-error");
  EXPECT_THROW((void)loss_named("mse"), RequestError);
}

}  // namespace
}  // namespace lockstep
