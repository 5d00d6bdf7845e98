// SPDX-License-Identifier: MIT
// The median of a stream against that of a sorted vector.
#include "io/streaming_median.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace lockstep {
namespace {

float median_of(const std::vector<float>& values) {
  StreamingMedian median;
  for (const float value : values) median.first_pass(value);
  for (const float value : values) median.second_pass(value);
  return median.median();
}

float sorted_median(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  const std::size_t size = values.size();
  const double middle = static_cast<double>(values[(size - 1) / 2]) + static_cast<double>(values[size / 2]);
  return static_cast<float>(middle / 2);
}

TEST(StreamingMedian, IsTheMiddleValueOfAnOddCount) {
  EXPECT_EQ(median_of({5}), 5);
  EXPECT_EQ(median_of({3, -7, 100}), 3);
}

TEST(StreamingMedian, IsTheMeanOfTheMiddleValuesOfAnEvenCount) {
  EXPECT_EQ(median_of({-1, 4}), 1.5F);
  EXPECT_EQ(median_of({-2, 1e9F, -1, 1e30F}), 0.5e9F - 0.5F);
}

TEST(StreamingMedian, AgreesWithSortingOnAnySpreadOfValues) {
  std::mt19937 engine{7};
  for (const int size : {2, 3, 10, 101, 4099, 10'000}) {
    for (const double spread : {0.001, 1.0, 30.0}) {
      std::lognormal_distribution<double> sizes{0, spread};
      std::vector<float> values;
      for (int i = 0; i < size; ++i) {
        const double sign = engine() % 2 == 0 ? 1 : -1;
        values.push_back(static_cast<float>(sign * sizes(engine)));
      }
      EXPECT_EQ(median_of(values), sorted_median(values)) << size << " values, spread " << spread;
    }
  }
}

TEST(StreamingMedian, CountsRepeatedValues) { EXPECT_EQ(median_of({1, 1, 1, 2, 2, 9, 9}), 2); }

}  // namespace
}  // namespace lockstep
