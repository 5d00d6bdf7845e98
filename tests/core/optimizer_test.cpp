// SPDX-License-Identifier: MIT
#include "core/optimizer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "support/whole_update.hpp"

namespace lockstep {
namespace {

constexpr std::array all_optimizers{Optimizer::sgd,     Optimizer::momentum, Optimizer::nesterov,
                                    Optimizer::rmsprop, Optimizer::adam,     Optimizer::adamw};

UpdateRule rule_for(Optimizer optimizer) {
  return {.optimizer = optimizer,
          .learning_rate = 0.03,
          .momentum = 0.9,
          .decay_rate = 0.99,
          .beta1 = 0.9,
          .beta2 = 0.999,
          .epsilon = 1e-8,
          .gradient_scale = 0.125,
          .l1 = 0.01,
          .l2 = 0.02,
          .weight_decay = 0.05};
}

/// Weights and state of one training; element i of the gradient of a step is a fixed function of both.
struct Trajectory {
  std::vector<Scalar> weights;
  std::vector<std::vector<Scalar>> state;

  Trajectory(Optimizer optimizer, std::size_t size) : weights(size), state(state_names(optimizer).size()) {
    for (std::size_t i = 0; i < size; ++i) weights[i] = static_cast<Scalar>(std::sin(static_cast<double>(i) + 0.5));
    for (std::vector<Scalar>& array : state) array.resize(size);
  }

  void step(const UpdateRule& rule, std::size_t begin, std::size_t end) {
    std::vector<Scalar> gradient;
    for (std::size_t i = begin; i < end; ++i)
      gradient.push_back(static_cast<Scalar>(std::cos(static_cast<double>(3 * i + rule.step))));
    std::vector<std::span<Scalar>> parts;
    for (std::vector<Scalar>& array : state) parts.emplace_back(array.data() + begin, end - begin);
    test::update_all(rule, {weights.data() + begin, end - begin}, gradient, parts);
  }
};

TEST(Update, GivesTheSameBitsForAnyCutOfTheParameters) {
  constexpr std::size_t size = 211;
  for (const Optimizer optimizer : all_optimizers) {
    UpdateRule rule = rule_for(optimizer);
    Trajectory whole{optimizer, size};
    Trajectory in_pieces{optimizer, size};
    for (rule.step = 1; rule.step <= 5; ++rule.step) {
      whole.step(rule, 0, size);
      for (std::size_t begin = 0; begin < size;) {
        const std::size_t end = std::min(size, begin + 1 + (begin * 7 + rule.step) % 37);
        in_pieces.step(rule, begin, end);
        begin = end;
      }
    }
    EXPECT_EQ(whole.weights, in_pieces.weights) << name_of(optimizer);
    EXPECT_EQ(whole.state, in_pieces.state) << name_of(optimizer);
  }
}

TEST(Update, GivesTheSameBitsForColumnsOfALargerMatrix) {
  constexpr Index rows = 13;
  constexpr Index columns = 7;
  constexpr Index stride = 19;
  for (const Optimizer optimizer : all_optimizers) {
    const UpdateRule rule = rule_for(optimizer);
    Trajectory matrix{optimizer, stride * columns};
    const Trajectory before = matrix;
    std::vector<Scalar> gradient;  // without gaps
    for (Index i = 0; i < rows * columns; ++i)
      gradient.push_back(static_cast<Scalar>(std::cos(static_cast<double>(3 * i))));
    std::vector<Columns<Scalar>> state;
    for (std::vector<Scalar>& array : matrix.state) state.push_back({array.data(), stride});
    EXPECT_TRUE(update(rule, rows, columns, {matrix.weights.data(), stride}, {gradient.data(), rows}, state));
    Trajectory expected = before;
    for (Index column = 0; column < columns; ++column) {
      const auto run = [&](std::vector<Scalar>& array) {
        return std::span{array}.subspan(static_cast<std::size_t>(column * stride), rows);
      };
      std::vector<std::span<Scalar>> parts;
      for (std::vector<Scalar>& array : expected.state) parts.push_back(run(array));
      test::update_all(rule, run(expected.weights),
                       std::span{gradient}.subspan(static_cast<std::size_t>(column * rows), rows), parts);
    }
    EXPECT_EQ(matrix.weights, expected.weights) << name_of(optimizer);
    EXPECT_EQ(matrix.state, expected.state) << name_of(optimizer);
  }
}

TEST(Update, SaysWhetherAllIsFiniteAfterwards) {
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  for (const Optimizer optimizer : all_optimizers) {
    for (const Scalar bad : {infinity, -infinity, std::numeric_limits<Scalar>::quiet_NaN()}) {
      for (const std::size_t place : {0U, 16U, 36U}) {
        Trajectory trajectory{optimizer, 37};
        const std::vector<std::span<Scalar>> spans(trajectory.state.begin(), trajectory.state.end());
        std::vector<Scalar> gradient(37, Scalar{1});
        EXPECT_TRUE(test::update_all(rule_for(optimizer), trajectory.weights, gradient, spans)) << name_of(optimizer);
        gradient[place] = bad;
        EXPECT_FALSE(test::update_all(rule_for(optimizer), trajectory.weights, gradient, spans))
            << name_of(optimizer) << ", a gradient of " << bad << " at " << place;
      }
    }
  }
}

TEST(Update, LeavesPaddingAtZero) {
  for (const Optimizer optimizer : all_optimizers) {
    std::vector<Scalar> weights(5);
    const std::vector<Scalar> gradient(5);
    std::vector<std::vector<Scalar>> state(state_names(optimizer).size(), std::vector<Scalar>(5));
    const std::vector<std::span<Scalar>> spans(state.begin(), state.end());
    test::update_all(rule_for(optimizer), weights, gradient, spans);
    EXPECT_EQ(weights, std::vector<Scalar>(5)) << name_of(optimizer);
  }
}

TEST(Update, TakesOneStepOfGradientDescentByHand) {
  std::vector<Scalar> weights{2, -4, 0};
  const std::vector<Scalar> summed_gradient{8, 16, -32};
  test::update_all({.learning_rate = 0.5, .gradient_scale = 0.125, .l1 = 0.25, .l2 = 0.5, .weight_decay = 0.25},
                   weights, summed_gradient, {});
  // w - 0.125 w - 0.5 (g / 8 + 0.25 sign(w) + 0.5 w)
  EXPECT_EQ(weights, (std::vector<Scalar>{2 - 0.25 - 0.5 * (1 + 0.25 + 1), -4 + 0.5 - 0.5 * (2 - 0.25 - 2), 2}));
}

TEST(Update, FirstStepOfAdamHasTheLengthOfTheRateWhateverTheGradient) {
  std::vector<Scalar> weights(4);
  const std::vector<Scalar> gradient{Scalar{1e-3F}, -5, 7000, Scalar{-0.25}};
  std::vector<Scalar> mean(4);
  std::vector<Scalar> square(4);
  const std::array<std::span<Scalar>, 2> state{mean, square};
  test::update_all(
      {.optimizer = Optimizer::adam, .learning_rate = 0.01, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-12}, weights,
      gradient, state);
  const std::array<double, 4> expected{-0.01, 0.01, -0.01, 0.01};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(weights[i], expected[i], 1e-8);
}

TEST(Optimizer, NamesReadBack) {
  for (const Optimizer optimizer : all_optimizers) EXPECT_EQ(optimizer_named(name_of(optimizer)), optimizer);
  EXPECT_THROW((void)optimizer_named("adamm"), RequestError);
}

}  // namespace
}  // namespace lockstep
