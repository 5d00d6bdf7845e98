// SPDX-License-Identifier: MIT
#include "core/dense_layer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/matrix.hpp"
#include "tests/support/panel_buffer.hpp"

namespace lockstep {
namespace {

constexpr Index inputs = 13;
constexpr Index units = 37;
constexpr Index samples = 5;

/// A layer with its parameters, and a shard of inputs.
struct Example {
  ParameterLayout layout;
  DenseLayer layer;
  AlignedBuffer parameters;
  PanelBuffer input{inputs, samples};

  explicit Example(Activation activation, double dropout = 0)
      : layer{{.name = "hidden1",
               .number = 1,
               .inputs = inputs,
               .outputs = units,
               .activation = activation,
               .dropout = dropout},
              layout},
        parameters{layout.buffer_size()} {
    for (Index i = 0; i < parameters.size(); ++i)
      parameters.data()[i] = static_cast<Scalar>(std::sin(static_cast<double>(i % 997)));
    for (Index column = 0; column < samples; ++column)
      for (Index row = 0; row < inputs; ++row)
        input.panel().column(column)[row] = static_cast<Scalar>(std::cos(static_cast<double>(3 * row + column)));
  }

  [[nodiscard]] double pre_activation(Index unit, Index sample) const {
    double sum = static_cast<double>(parameters.data()[layout.blocks()[1].offset + unit]);
    for (Index row = 0; row < inputs; ++row)
      sum += static_cast<double>(parameters.data()[unit * inputs + row]) *
             static_cast<double>(input.panel().column(sample)[row]);
    return sum;
  }
};

TEST(DenseLayer, GivesTheActivationOfTheAffineMapAndItsSlope) {
  const Example example{Activation::tanh};
  const PanelBuffer output{units, samples};
  const PanelBuffer slope{units, samples};
  example.layer.forward({.training = true}, example.parameters.data(), example.input.panel(), output.panel(),
                        slope.panel(), {0, units});
  for (Index sample = 0; sample < samples; ++sample) {
    for (Index unit = 0; unit < units; ++unit) {
      const double expected = std::tanh(example.pre_activation(unit, sample));
      EXPECT_NEAR(output.panel().column(sample)[unit], expected, 1e-5);
      EXPECT_NEAR(slope.panel().column(sample)[unit], 1 - expected * expected, 1e-5);
    }
  }
}

TEST(DenseLayer, InRowBlocksDropsTheSameUnits) {
  const Example example{Activation::relu, 0.4};
  const Pass pass{.training = true, .seed = 3, .step = 7, .first_position = 11};
  const PanelBuffer whole{units, samples};
  const PanelBuffer pieces{units, samples};
  const PanelBuffer slope{units, samples};
  const auto forward = [&](const PanelBuffer& output, Range rows) {
    example.layer.forward(pass, example.parameters.data(), example.input.panel(), output.panel(), slope.panel(), rows);
  };
  forward(whole, {0, units});
  forward(pieces, {16, units});
  forward(pieces, {0, 16});
  Index dropped = 0;
  for (Index sample = 0; sample < samples; ++sample) {
    for (Index unit = 0; unit < units; ++unit) {
      EXPECT_NEAR(pieces.panel().column(sample)[unit], whole.panel().column(sample)[unit], 1e-5);
      const double z = example.pre_activation(unit, sample);
      const double y = whole.panel().column(sample)[unit];
      if (z > 0 && y == 0) ++dropped;
      if (y != 0) {
        EXPECT_NEAR(y, z / 0.6, 1e-3) << "scaled at training time";
      }
    }
  }
  EXPECT_GT(dropped, 0);
}

TEST(DenseLayer, MultipliesTheGradientByItsInputIntoTheSlope) {
  const Example example{Activation::linear};
  const PanelBuffer delta{units, samples};
  const PanelBuffer slope{inputs, samples};
  for (Index sample = 0; sample < samples; ++sample) {
    for (Index unit = 0; unit < units; ++unit)
      delta.panel().column(sample)[unit] = static_cast<Scalar>(std::sin(static_cast<double>(unit + 2 * sample)));
    for (Index row = 0; row < inputs; ++row) slope.panel().column(sample)[row] = static_cast<Scalar>(row + 1);
  }
  const BackwardShard shard{.delta = delta.panel(), .input_slope = slope.panel()};
  example.layer.backward(example.parameters.data(), {&shard, 1}, {0, inputs});
  for (Index sample = 0; sample < samples; ++sample) {
    for (Index row = 0; row < inputs; ++row) {
      double expected = 0;
      for (Index unit = 0; unit < units; ++unit)
        expected += static_cast<double>(example.parameters.data()[unit * inputs + row]) *
                    static_cast<double>(delta.panel().column(sample)[unit]);
      expected *= static_cast<double>(row + 1);
      EXPECT_NEAR(slope.panel().column(sample)[row], expected, 1e-4 * (1 + std::abs(expected)));
    }
  }
}

/// The gradient by `rows` of `wide` inputs, of shards of `widths` samples, by calls for one shard and for all.
void expect_the_same_alone_and_together(Index wide, Index outputs, Range rows, const std::vector<Index>& widths) {
  ParameterLayout layout;
  const DenseLayer layer{{.name = "wide", .number = 1, .inputs = wide, .outputs = outputs}, layout};
  AlignedBuffer parameters{layout.buffer_size()};
  for (Index i = 0; i < parameters.size(); ++i)
    parameters.data()[i] = static_cast<Scalar>(std::sin(static_cast<double>(i % 997)));

  std::vector<PanelBuffer> deltas;
  std::vector<PanelBuffer> together;
  std::vector<PanelBuffer> alone;
  std::vector<BackwardShard> shards;
  for (const Index width : widths) {
    deltas.emplace_back(outputs, width);
    for (PanelBuffer* slope : {&together.emplace_back(wide, width), &alone.emplace_back(wide, width)})
      matrix_of(slope->panel()).setConstant(2);
    matrix_of(deltas.back().panel()) = Matrix::NullaryExpr(outputs, width, [width](Index unit, Index sample) {
      return static_cast<Scalar>(std::cos(static_cast<double>(unit + 3 * sample + width)));
    });
    shards.push_back({.delta = deltas.back().panel(), .input_slope = together.back().panel()});
  }
  layer.backward(parameters.data(), shards, rows);

  const Eigen::Map<const Matrix> weights{parameters.data(), wide, outputs};
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const BackwardShard shard{.delta = deltas[i].panel(), .input_slope = alone[i].panel()};
    layer.backward(parameters.data(), {&shard, 1}, rows);
    EXPECT_EQ(matrix_of(together[i].panel()), matrix_of(alone[i].panel())) << widths[i] << " samples";
    const Matrix expected = 2 * weights.middleRows(rows.begin, rows.size()) * matrix_of(deltas[i].panel());
    EXPECT_TRUE(matrix_of(alone[i].panel()).middleRows(rows.begin, rows.size()).isApprox(expected, Scalar(1e-5)));
    EXPECT_TRUE((matrix_of(alone[i].panel()).topRows(rows.begin).array() == 2).all()) << "other rows are left";
    EXPECT_TRUE((matrix_of(alone[i].panel()).bottomRows(wide - rows.end).array() == 2).all()) << "other rows are left";
  }
}

TEST(DenseLayer, GoesBackThroughCrowdedWeightsForSeveralShardsAtOnce) {
  // Whether a shard reads weights, their copy or their panels depends on its samples, and on the instruction set.
  for (const Index wide : {512, 1024, 2048})
    expect_the_same_alone_and_together(wide, 37, {16, 496}, {3, 65, 1, 64, 37});
}

TEST(DenseLayer, GoesBackThroughFewWeightsForSeveralShardsAtOnce) {
  // Eigen computes tiny products otherwise off an aligned unit.
  expect_the_same_alone_and_together(7, 2, {0, 7}, {1, 1, 1, 2, 1});
  expect_the_same_alone_and_together(17, 7, {0, 17}, {1, 3, 1, 1});
  expect_the_same_alone_and_together(13, 5, {0, 13}, {11, 11, 8});
}

}  // namespace
}  // namespace lockstep
