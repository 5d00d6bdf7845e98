// SPDX-License-Identifier: MIT
// Neurons and small networks worked out by hand in textbooks.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "core/activation.hpp"
#include "core/dense_layer.hpp"
#include "core/gemm.hpp"
#include "core/loss.hpp"
#include "core/matrix.hpp"
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

/// One hidden layer and an output layer, linear at the output, over parameters set by hand; what a shard of samples
/// (columns of `inputs`) gives, and the gradients that go back.
class TwoLayers {
 public:
  TwoLayers(Index inputs, Index units, Index outputs, Activation activation)
      : hidden_{{.name = "hidden1", .number = 1, .inputs = inputs, .outputs = units, .activation = activation},
                layout_},
        output_{{.name = "output", .number = 2, .inputs = units, .outputs = outputs}, layout_},
        parameters_{layout_.buffer_size()} {}

  /// Weights (inputs x units) and biases of block pair `layer`.
  void set(std::size_t layer, const Matrix& weights, const Vector& biases) {
    std::copy_n(weights.data(), weights.size(), parameters_.data() + layout_.blocks()[2 * layer].offset);
    std::copy_n(biases.data(), biases.size(), parameters_.data() + layout_.blocks()[2 * layer + 1].offset);
  }

  void forward(const Matrix& inputs) {
    input_.emplace(hidden_.inputs(), inputs.cols());
    matrix_of(input_->panel()) = inputs;
    h_.emplace(hidden_.outputs(), inputs.cols());
    h_slope_.emplace(hidden_.outputs(), inputs.cols());
    y_.emplace(output_.outputs(), inputs.cols());
    delta_.emplace(output_.outputs(), inputs.cols());
    const Pass training{.training = true};
    hidden_.forward(training, parameters_.data(), input_->panel(), h_->panel(), h_slope_->panel(),
                    {0, hidden_.outputs()});
    output_.forward(training, parameters_.data(), h_->panel(), y_->panel(), delta_->panel(), {0, output_.outputs()});
  }

  /// The gradient by a layer's inputs, `slope` holding ones: what `backward` multiplies into the slopes below.
  [[nodiscard]] Matrix gradient_by_input(std::size_t layer, Panel delta) const {
    const DenseLayer& of = layer == 0 ? hidden_ : output_;
    const PanelBuffer ones{of.inputs(), delta.columns};
    matrix_of(ones.panel()).setOnes();
    const BackwardShard shard{delta, ones.panel()};
    of.backward(parameters_.data(), {&shard, 1}, {0, of.inputs()});
    return matrix_of(ones.panel());
  }

  /// The gradient of the output layer's weights, (units x outputs), summed over the samples.
  [[nodiscard]] Matrix gradient_of_output_weights() const {
    const GradientPair pair = output_.gradient_pair(2, h_->panel(), delta_->panel());
    Matrix gradient(output_.inputs(), output_.outputs());
    multiply({.transpose_b = Transpose::yes,
              .m = gradient.rows(),
              .n = gradient.cols(),
              .k = pair.input.columns,
              .a = pair.input.data,
              .lda = pair.input.stride,
              .b = pair.delta.data,
              .ldb = pair.delta.stride,
              .c = gradient.data(),
              .ldc = gradient.rows()});
    return gradient;
  }

  [[nodiscard]] Panel y() const { return y_->panel(); }
  [[nodiscard]] Panel delta() const { return delta_->panel(); }

 private:
  ParameterLayout layout_;
  DenseLayer hidden_;
  DenseLayer output_;
  AlignedBuffer parameters_;
  std::optional<PanelBuffer> input_, h_, h_slope_, y_, delta_;
};

TEST(WorkedExamples, TheProductOfASumHasItsGradients) {
  // f = (x + y) z: a linear unit that adds, and one whose weight is z.
  TwoLayers f{2, 1, 1, Activation::linear};
  f.set(0, Matrix::Ones(2, 1), Vector::Zero(1));
  f.set(1, Matrix::Constant(1, 1, -4), Vector::Zero(1));
  f.forward((Matrix(2, 1) << -2, 5).finished());
  EXPECT_EQ(f.y().data[0], -12);
  EXPECT_EQ(f.delta().data[0], 1) << "the slope of a linear output, which is df/df";
  EXPECT_EQ(f.gradient_of_output_weights()(0, 0), 3) << "df/dz";
  const PanelBuffer by_sum{1, std::vector<Scalar>{f.gradient_by_input(1, f.delta())(0, 0)}};
  const Matrix by_inputs = f.gradient_by_input(0, by_sum.panel());
  EXPECT_EQ(by_inputs(0, 0), -4) << "df/dx";
  EXPECT_EQ(by_inputs(1, 0), -4) << "df/dy";
}

TEST(WorkedExamples, OneHiddenLayerHasItsMatrixForms) {
  // Squared error of one output: of the output weights 2 H^T (y' - y), of H 2 (y' - y) theta^T; samples are rows there.
  constexpr Index samples = 7;
  Matrix inputs(3, samples);
  Matrix weights(3, 5);
  Vector theta(5);
  Matrix targets(1, samples);
  for (int i = 0; i < inputs.size(); ++i) inputs.data()[i] = static_cast<Scalar>(std::sin(1.3 * i));
  for (int i = 0; i < weights.size(); ++i) weights.data()[i] = static_cast<Scalar>(std::cos(2.1 * i));
  for (int i = 0; i < theta.size(); ++i) theta[i] = static_cast<Scalar>(0.3 * i - 0.7);
  for (int i = 0; i < samples; ++i) targets(0, i) = static_cast<Scalar>(0.5 * i - 1);
  TwoLayers network{3, 5, 1, Activation::tanh};
  network.set(0, weights, Vector::Zero(5));
  network.set(1, theta, Vector::Zero(1));
  network.forward(inputs);
  const PanelBuffer wanted{1, std::vector<Scalar>(targets.data(), targets.data() + samples)};
  (void)loss_sum_and_delta(Loss::mean_squared_error, network.y(), {.labels = {}, .values = wanted.panel()},
                           network.delta());

  // By the definitions, in double.
  const Eigen::MatrixXd h =
      (weights.cast<double>().transpose() * inputs.cast<double>()).array().tanh().matrix().transpose();
  const Eigen::VectorXd error = h * theta.cast<double>() - targets.cast<double>().transpose();
  const Eigen::VectorXd by_theta = 2 * h.transpose() * error;
  const Eigen::MatrixXd by_h = 2 * error * theta.cast<double>().transpose();
  EXPECT_TRUE(network.gradient_of_output_weights().cast<double>().isApprox(by_theta, 1e-5));
  EXPECT_TRUE(network.gradient_by_input(1, network.delta()).cast<double>().isApprox(by_h.transpose(), 1e-5));
}

}  // namespace
}  // namespace lockstep
