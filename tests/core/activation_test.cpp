// SPDX-License-Identifier: MIT
// Activations: identities, slopes against finite differences, bits that do not depend on the place.
#include "core/activation.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "core/error.hpp"
#include "core/matrix.hpp"
#include "core/random.hpp"
#include "tests/support/panel_buffer.hpp"

namespace lockstep {
namespace {

constexpr double epsilon = std::numeric_limits<Scalar>::epsilon();

const std::vector<Activation> all{
    Activation::step,     Activation::sign, Activation::linear, Activation::piecewise_linear,
    Activation::logistic, Activation::tanh, Activation::relu,   Activation::leaky_relu,
    Activation::elu,      Activation::gelu, Activation::silu,   Activation::softmax};
const std::vector<Activation> with_slopes(all.begin() + 2, all.end() - 1);

struct Pair {
  double value;
  double slope;
};

/// f(z) and f'(z), computed in a panel of `rows` rows, at row `row` of column `column`.
Pair computed(Activation activation, double z, Index rows = 1, Index row = 0, Index column = 0) {
  const PanelBuffer values{rows, column + 1};
  const PanelBuffer slopes{rows, column + 1};
  values.panel().column(column)[row] = static_cast<Scalar>(z);
  activate_with_slope(activation, values.panel(), slopes.panel());
  return {values.panel().column(column)[row], slopes.panel().column(column)[row]};
}

double value_of(Activation activation, double z) {
  const PanelBuffer values{1, 1};
  values.panel().data[0] = static_cast<Scalar>(z);
  activate(activation, values.panel());
  return values.panel().data[0];
}

std::vector<double> grid(double from, double to, int steps) {
  std::vector<double> points;
  for (int i = 0; i <= steps; ++i) points.push_back(static_cast<Scalar>(from + (to - from) * i / steps));
  return points;
}

TEST(Activation, LogisticIsAShiftedTanh) {
  for (const double z : grid(-9, 9, 181))
    EXPECT_NEAR(value_of(Activation::logistic, z), 0.5 + 0.5 * std::tanh(z / 2), epsilon) << z;
}

TEST(Activation, ComparesWithItsDefinition) {
  for (const double z : grid(-12, 12, 997)) {
    const double logistic = 1 / (1 + std::exp(-z));
    const double normal = 0.5 * std::erfc(-z / std::numbers::sqrt2);
    EXPECT_NEAR(value_of(Activation::logistic, z), logistic, 2 * epsilon * logistic) << z;
    EXPECT_NEAR(value_of(Activation::tanh, z), std::tanh(z), 4 * epsilon * std::abs(std::tanh(z))) << z;
    EXPECT_NEAR(value_of(Activation::silu, z), z * logistic, 3 * epsilon * std::abs(z * logistic)) << z;
    EXPECT_NEAR(value_of(Activation::elu, z), z > 0 ? z : std::expm1(z), 3 * epsilon * std::max(1.0, z)) << z;
    EXPECT_EQ(value_of(Activation::relu, z), z > 0 ? z : 0) << z;
    EXPECT_EQ(value_of(Activation::leaky_relu, z), z > 0 ? z : static_cast<Scalar>(0.01) * static_cast<Scalar>(z)) << z;
    EXPECT_EQ(value_of(Activation::piecewise_linear, z),
              std::min(1.0, std::max(0.0, double{static_cast<Scalar>(z + 0.5)})))
        << z;
    EXPECT_EQ(value_of(Activation::linear, z), z);
    // exp(-z^2 / 2) carries the rounding of its exponent.
    EXPECT_NEAR(value_of(Activation::gelu, z), z * normal, (4 + z * z / 2) * epsilon * std::abs(z * normal)) << z;
  }
}

TEST(Activation, StepIsOneAtZeroAndSignIsZeroThere) {
  EXPECT_EQ(value_of(Activation::step, -0.25), 0);
  EXPECT_EQ(value_of(Activation::step, 0), 1);
  EXPECT_EQ(value_of(Activation::step, 3), 1);
  EXPECT_EQ(value_of(Activation::sign, -0.25), -1);
  EXPECT_EQ(value_of(Activation::sign, 0), 0);
  EXPECT_EQ(value_of(Activation::sign, 3), 1);
}

TEST(Activation, SlopesMatchFiniteDifferences) {
  const double step = std::cbrt(epsilon);
  const double tolerance = 8 * std::pow(epsilon, 2.0 / 3);
  for (const Activation activation : with_slopes) {
    for (const double z : grid(-3.97, 3.99, 293)) {
      // Exact steps: the arguments must be Scalars that are that far apart.
      const double above = static_cast<Scalar>(z + step);
      const double below = static_cast<Scalar>(z - step);
      const bool near_a_kink = std::abs(z) < 2 * step || std::abs(std::abs(z) - 0.5) < 2 * step;
      if (near_a_kink) continue;
      const double quotient = (value_of(activation, above) - value_of(activation, below)) / (above - below);
      EXPECT_NEAR(computed(activation, z).slope, quotient, tolerance * std::max(1.0, std::abs(z)))
          << name_of(activation) << " at " << z;
    }
  }
}

TEST(Activation, SlopesStayInTheirRangeInTheTails) {
  for (const double z : {-200.0, -88.5, -40.0, -18.0, -9.5, 9.5, 18.0, 40.0, 88.5, 200.0}) {
    for (const Activation activation : {Activation::logistic, Activation::tanh, Activation::elu}) {
      const double slope = computed(activation, z).slope;
      EXPECT_GE(slope, -4 * epsilon) << name_of(activation) << " at " << z;
      EXPECT_LE(slope, 1) << name_of(activation) << " at " << z;
    }
  }
  const double exact = std::exp(-30.0) / std::pow(1 + std::exp(-30.0), 2);
  EXPECT_NEAR(computed(Activation::logistic, 30).slope, exact, 8 * epsilon * exact) << "y (1 - y) would give 0";
}

TEST(Activation, SlopeOfAKinkIsTheLowerOne) {
  EXPECT_EQ(computed(Activation::relu, 0).slope, 0);
  EXPECT_EQ(computed(Activation::leaky_relu, 0).slope, static_cast<Scalar>(0.01));
  EXPECT_EQ(computed(Activation::elu, 0).slope, 1);
}

TEST(Activation, GivesTheSameValueWithAndWithoutSlope) {
  for (const Activation activation : with_slopes) {
    for (const double z : grid(-20, 20, 397)) EXPECT_EQ(computed(activation, z).value, value_of(activation, z));
  }
}

TEST(Activation, NeverOverflows) {
  const double huge = 1e30;
  EXPECT_EQ(value_of(Activation::logistic, huge), 1);
  EXPECT_NEAR(value_of(Activation::logistic, -huge), 0, 1e-37);
  EXPECT_NEAR(value_of(Activation::tanh, -huge), -1, 2 * epsilon);
  EXPECT_NEAR(value_of(Activation::elu, -huge), -1, 2 * epsilon);
  EXPECT_EQ(value_of(Activation::gelu, huge), static_cast<Scalar>(huge));
  EXPECT_EQ(value_of(Activation::silu, huge), static_cast<Scalar>(huge));
}

TEST(Activation, KeepsNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Activation activation : with_slopes) {
    EXPECT_TRUE(std::isnan(value_of(activation, nan))) << name_of(activation);
    EXPECT_TRUE(std::isnan(computed(activation, nan).value)) << name_of(activation);
  }
}

TEST(Activation, GivesTheSameBitsWhereverAnElementLies) {
  for (const Activation activation : with_slopes) {
    for (const double z : {-7.3, -0.77, -0.1, 0.013, 0.5, 1.9, 11.0}) {
      const Pair alone = computed(activation, z);
      for (const Index rows : {3, 13, 17, 31, 101}) {
        for (Index row = 0; row < rows; ++row) {
          for (const Index column : {0, 2, 5}) {
            const Pair placed = computed(activation, z, rows, row, column);
            ASSERT_EQ(std::bit_cast<std::uint64_t>(placed.value), std::bit_cast<std::uint64_t>(alone.value))
                << name_of(activation) << " at row " << row << " of " << rows << ", column " << column;
            ASSERT_EQ(std::bit_cast<std::uint64_t>(placed.slope), std::bit_cast<std::uint64_t>(alone.slope));
          }
        }
      }
    }
  }
}

TEST(Activation, OfRowBlocksIsThatOfTheWholeAndTouchesNoOtherRow) {
  constexpr Index rows = 83;
  constexpr Index columns = 5;
  for (const Activation activation : with_slopes) {
    const PanelBuffer whole{rows, columns};
    for (Index i = 0; i < whole.panel().stride * columns; ++i)
      whole.panel().data[i] =
          static_cast<Scalar>(to_uniform(random_words(StreamKey{}, static_cast<std::uint64_t>(i))[0]));
    const PanelBuffer pieces{rows, columns};
    std::copy_n(whole.panel().data, panel_scalars(rows, columns), pieces.panel().data);
    const PanelBuffer slope{rows, columns};
    const Panel panel = pieces.panel();
    const auto rows_of = [&](Panel of, Index begin, Index count) {
      return Panel{of.data + begin, count, columns, of.stride};
    };
    activate_with_slope(activation, rows_of(panel, 0, 32), rows_of(slope.panel(), 0, 32));
    EXPECT_EQ(panel.column(1)[32], whole.panel().column(1)[32]) << name_of(activation);
    activate_with_slope(activation, rows_of(panel, 32, 51), rows_of(slope.panel(), 32, 51));
    activate(activation, whole.panel());
    EXPECT_EQ(pieces.values(), whole.values()) << name_of(activation);
  }
}

TEST(Softmax, SumsToOneAndIgnoresAShift) {
  for (const Index rows : {1, 3, 10, 16, 17, 103}) {
    const PanelBuffer values{rows, 3};
    const PanelBuffer shifted{rows, 3};
    for (Index column = 0; column < 3; ++column) {
      for (Index row = 0; row < rows; ++row) {
        const auto z = static_cast<Scalar>((row * 7 + column * 3) % 11) - 5;
        values.panel().column(column)[row] = z;
        shifted.panel().column(column)[row] = z + 1024;
      }
    }
    activate(Activation::softmax, values.panel());
    activate(Activation::softmax, shifted.panel());
    EXPECT_EQ(values.values(), shifted.values()) << rows;
    for (Index column = 0; column < 3; ++column)
      EXPECT_NEAR(matrix_of(values.panel()).col(column).cast<double>().sum(), 1, 8 * epsilon) << rows;
  }
}

TEST(Softmax, MatchesItsDefinition) {
  const std::vector<Scalar> z{1, -2, Scalar{0.5}, 3, 0};
  const PanelBuffer values{5, z};
  activate(Activation::softmax, values.panel());
  double total = 0;
  for (const double each : z) total += std::exp(each);
  for (std::size_t i = 0; i < z.size(); ++i)
    EXPECT_NEAR(values.values()[i], std::exp(double{z[i]}) / total, 2 * epsilon) << i;
}

TEST(Softmax, GivesTheSameBitsInEachColumn) {
  constexpr Index rows = 29;
  const PanelBuffer values{rows, 7};
  for (Index column = 0; column < 7; ++column) {
    for (Index row = 0; row < rows; ++row) values.panel().column(column)[row] = std::sin(static_cast<Scalar>(row));
  }
  activate(Activation::softmax, values.panel());
  for (Index column = 1; column < 7; ++column)
    EXPECT_EQ(matrix_of(values.panel()).col(column), matrix_of(values.panel()).col(0)) << column;
}

TEST(Softmax, SurvivesLargeValuesAndShowsNaN) {
  const auto nan = std::numeric_limits<Scalar>::quiet_NaN();
  const PanelBuffer values{3, std::vector<Scalar>{Scalar{1e30F}, Scalar{-1e30F}, 0, 1, nan, 0, nan, 1, 2}};
  activate(Activation::softmax, values.panel());
  EXPECT_EQ(matrix_of(values.panel())(0, 0), 1);
  EXPECT_TRUE(matrix_of(values.panel()).col(1).array().isNaN().all());
  EXPECT_TRUE(matrix_of(values.panel()).col(2).array().isNaN().all());
}

TEST(ActivationNames, GoBothWays) {
  for (const Activation activation : all) EXPECT_EQ(activation_named(name_of(activation)), activation);
  EXPECT_EQ(name_of(Activation::leaky_relu), "leaky-relu");
  EXPECT_THROW((void)activation_named("rleu"), RequestError);
}

TEST(Trainable, IsFalseForStepAndSignAlone) {
  for (const Activation activation : all)
    EXPECT_EQ(trainable(activation), activation != Activation::step && activation != Activation::sign);
}

}  // namespace
}  // namespace lockstep
