// SPDX-License-Identifier: MIT
// Neurons worked out by hand in textbooks.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "core/activation.hpp"
#include "tests/support/panel_buffer.hpp"

namespace lockstep {
namespace {

struct Neuron {
  double w0, w1, bias;

  [[nodiscard]] double operator()(double x0, double x1) const {
    const PanelBuffer z{1, std::vector<Scalar>{static_cast<Scalar>(w0 * x0 + w1 * x1 + bias)}};
    activate(Activation::logistic, z.panel());
    return z.panel().data[0];
  }
};

constexpr std::array<std::array<int, 2>, 4> corners{{{0, 0}, {0, 1}, {1, 0}, {1, 1}}};

TEST(WorkedExamples, TheLogisticNeuronHasItsValueAndGradients) {
  const Neuron neuron{.w0 = 2, .w1 = -3, .bias = -3};
  const double x0 = -1;
  const double x1 = -2;
  const PanelBuffer z{1, std::vector<Scalar>{static_cast<Scalar>(neuron.w0 * x0 + neuron.w1 * x1 + neuron.bias)}};
  const PanelBuffer slope{1, 1};
  activate_with_slope(Activation::logistic, z.panel(), slope.panel());
  EXPECT_NEAR(z.panel().data[0], 0.7311, 5e-5);
  EXPECT_NEAR(slope.panel().data[0] * x0, -0.1966, 5e-5) << "df/dw0";
  EXPECT_NEAR(slope.panel().data[0] * neuron.w0, 0.3932, 5e-5) << "df/dx0";
}

TEST(WorkedExamples, OneNeuronIsOr) {
  for (const auto& [a, b] : corners) EXPECT_NEAR((Neuron{30, 30, -20}(a, b)), (a | b), 1e-4) << a << b;
}

TEST(WorkedExamples, OneNeuronIsAnd) {
  for (const auto& [a, b] : corners) EXPECT_NEAR((Neuron{15, 15, -20}(a, b)), (a & b), 1e-2) << a << b;
}

TEST(WorkedExamples, ThreeNeuronsAreXor) {
  for (const auto& [a, b] : corners) {
    const double first = Neuron{-20, 30, -20}(a, b);
    const double second = Neuron{30, -20, -20}(a, b);
    EXPECT_NEAR((Neuron{30, 30, -20}(first, second)), (a ^ b), 1e-4) << a << b;
  }
}

}  // namespace
}  // namespace lockstep
