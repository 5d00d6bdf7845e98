// SPDX-License-Identifier: MIT
// Golden values: the definition of bfloat16, worked out by hand from the bits of a float.
#include "core/bf16_number.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace lockstep {
namespace {

Scalar of_bits(std::uint32_t bits) { return static_cast<Scalar>(std::bit_cast<float>(bits)); }

TEST(Bf16Number, RoundsToTheNearest) {
  EXPECT_EQ(to_bf16(of_bits(0x3F80'7FFF)), 0x3F80);
  EXPECT_EQ(to_bf16(of_bits(0x3F80'8001)), 0x3F81);
  EXPECT_EQ(to_bf16(of_bits(0xBF80'8001)), 0xBF81);
  EXPECT_EQ(rounded_to_bf16(static_cast<Scalar>(0.1)), static_cast<Scalar>(0.10009765625));
}

TEST(Bf16Number, RoundsTiesToEven) {
  EXPECT_EQ(to_bf16(of_bits(0x3F80'8000)), 0x3F80);
  EXPECT_EQ(to_bf16(of_bits(0x3F81'8000)), 0x3F82);
  EXPECT_EQ(to_bf16(of_bits(0x3FFF'8000)), 0x4000);  // carries into the exponent
}

TEST(Bf16Number, KeepsWhatItCanHold) {
  for (const std::uint32_t upper : {0x0000U, 0x8000U, 0x0001U, 0x0080U, 0x3F80U, 0xC2F7U, 0x7F7FU, 0x7F80U, 0xFF80U}) {
    const Scalar value = of_bits(upper << 16U);
    EXPECT_EQ(to_bf16(value), upper);
    EXPECT_EQ(std::signbit(rounded_to_bf16(value)), std::signbit(value));
    EXPECT_EQ(rounded_to_bf16(value), value);
  }
}

TEST(Bf16Number, GoesToInfinityBeyondTheGreatest) {
  EXPECT_EQ(to_bf16(of_bits(0x7F7F'7FFF)), 0x7F7F);
  EXPECT_EQ(to_bf16(of_bits(0x7F7F'8000)), 0x7F80);
  EXPECT_EQ(to_bf16(of_bits(0xFF7F'FFFF)), 0xFF80);
}

TEST(Bf16Number, KeepsNanEvenWhereItsUpperHalfIsInfinity) {
  EXPECT_TRUE(std::isnan(rounded_to_bf16(of_bits(0x7F80'0001))));
  EXPECT_TRUE(std::isnan(rounded_to_bf16(of_bits(0xFFFF'FFFF))));
  EXPECT_TRUE(std::isnan(rounded_to_bf16(std::numeric_limits<Scalar>::quiet_NaN())));
}

}  // namespace
}  // namespace lockstep
