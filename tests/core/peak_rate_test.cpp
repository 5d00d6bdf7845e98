// SPDX-License-Identifier: MIT
// Counting fused multiply-adds.
#include "core/peak_rate.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(PeakRate, CountsGrowWithTheRounds) {
  const double one = multiply_adds_in_registers(1);
  EXPECT_GE(one, 24);  // twelve chains of at least one lane
  EXPECT_EQ(multiply_adds_in_registers(37), 37 * one);
  EXPECT_EQ(multiply_adds_in_registers(0), 0);
}

}  // namespace
}  // namespace lockstep
