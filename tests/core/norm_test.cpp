// SPDX-License-Identifier: MIT
#include "core/norm.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace lockstep {
namespace {

std::vector<Scalar> waves(std::size_t size) {
  std::vector<Scalar> values;
  for (std::size_t i = 0; i < size; ++i)
    values.push_back(
        static_cast<Scalar>(std::sin(static_cast<double>(7 * i + 1)) * std::exp2(static_cast<double>(i % 13))));
  return values;
}

TEST(SumOfSquares, EqualsTheSumInExtendedPrecision) {
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 997U}) {
    long double expected = 0;
    long double magnitudes = 0;
    const std::vector<Scalar> values = waves(size);
    for (const Scalar value : values) {
      expected += static_cast<long double>(value) * static_cast<long double>(value);
      magnitudes += std::abs(static_cast<long double>(value));
    }
    EXPECT_NEAR(sum_of_squares(values), static_cast<double>(expected), 1e-13 * static_cast<double>(expected)) << size;
    EXPECT_NEAR(sum_of_magnitudes(values), static_cast<double>(magnitudes), 1e-13 * static_cast<double>(magnitudes));
  }
}

TEST(SumOfSquares, HasTheSameBitsAtEveryAddress) {
  const std::vector<Scalar> values = waves(241);
  const double expected = sum_of_squares(values);
  const double expected_magnitudes = sum_of_magnitudes(values);
  for (std::size_t offset = 1; offset < 17; ++offset) {
    std::vector<Scalar> moved(offset + values.size());
    std::copy(values.begin(), values.end(), moved.begin() + static_cast<std::ptrdiff_t>(offset));
    const std::span<const Scalar> same = std::span<const Scalar>{moved}.subspan(offset);
    EXPECT_EQ(sum_of_squares(same), expected) << offset;
    EXPECT_EQ(sum_of_magnitudes(same), expected_magnitudes) << offset;
  }
}

TEST(SumOfSquares, DoesNotOverflowWhereTheSquareOfAFloatWould) {
  const std::vector<Scalar> values{Scalar{1e30F}, Scalar{-1e30F}, Scalar{1e30F}};
  EXPECT_NEAR(sum_of_squares(values) / 3e60, 1, 1e-6);
}

TEST(LimitUnitNorms, ScalesOnlyTheUnitsThatAreTooLong) {
  std::vector<Scalar> weights{3, 0, 4, 1, 2, 2, -6, 0, 8};  // three units of norm 5, 3 and 10
  limit_unit_norms(weights, 3, 4.0);
  const std::vector<double> expected{2.4, 0, 3.2, 1, 2, 2, -2.4, 0, 3.2};
  for (std::size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(weights[i], expected[i], 1e-6) << i;
}

TEST(ClipFactor, BringsLongGradientsBackToTheLimit) {
  EXPECT_EQ(clip_factor(10, 2.5), 0.25);
  EXPECT_EQ(clip_factor(2, 2.5), 1.0);
  EXPECT_EQ(clip_factor(10, 0), 1.0);
  EXPECT_EQ(clip_factor(0, 1), 1.0);
  EXPECT_EQ(clip_factor(std::numeric_limits<double>::quiet_NaN(), 1), 1.0);
}

TEST(AllFinite, FindsOneBadValueAnywhere) {
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  std::vector<Scalar> values(101, std::numeric_limits<Scalar>::max());
  values[7] = -0.0F;
  values[8] = std::numeric_limits<Scalar>::denorm_min();
  EXPECT_TRUE(all_finite(values));
  EXPECT_TRUE(all_finite({}));
  for (const std::size_t place : {0U, 15U, 64U, 100U}) {
    for (const Scalar bad : {infinity, -infinity, std::numeric_limits<Scalar>::quiet_NaN()}) {
      std::vector<Scalar> with_bad = values;
      with_bad[place] = bad;
      EXPECT_FALSE(all_finite(with_bad)) << place << ' ' << bad;
    }
  }
}

}  // namespace
}  // namespace lockstep
