// SPDX-License-Identifier: MIT
// Philox against the vectors of its authors, keys, and the distributions.
#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <vector>

namespace lockstep {
namespace {

using Words = std::array<std::uint32_t, 4>;

// The file kat_vectors of the Random123 distribution, philox4x32 with 10 rounds.
TEST(RandomWords, MatchTheKnownAnswersOfPhilox) {
  EXPECT_EQ(random_words(StreamKey{}, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(random_words(StreamKey{{0xffffffff, 0xffffffff}}, 0xffffffffffffffff, 0xffffffffffffffff),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(random_words(StreamKey{{0xa4093822, 0x299f31d0}}, 0x85a308d3243f6a88, 0x0370734413198a2e),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomBlock, HoldsTheWordsOfSixteenPlaces) {
  const StreamKey key{{0xa4093822, 0x299f31d0}};
  constexpr std::uint64_t before_carry = 0xfffffff9;
  for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{37}, std::uint64_t{0x85a308d3243f6a88}}) {
    for (const std::uint64_t j :
         {std::uint64_t{0}, std::uint64_t{1}, before_carry, std::uint64_t{0x0370734413198a2e}}) {
      const WordBlock block = random_block(key, i, j);
      for (std::uint64_t place = 0; place < block_places; ++place) {
        Words got{};
        std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(4 * place), 4, got.begin());
        EXPECT_EQ(got, random_words(key, i, j + place)) << "i " << i << ", j " << j << " + " << place;
      }
    }
  }
}

// From an independent implementation: keys are part of every result.
TEST(StreamKey, NeverChanges) {
  EXPECT_EQ(stream_key(1, Purpose::weights), (StreamKey{{0xe4ef93c3, 0x7e7e71cc}}));
  EXPECT_EQ(stream_key(0x123456789abcdef0, Purpose::dropout, 3, 4), (StreamKey{{0x12a1a5a8, 0xd4d48959}}));
}

TEST(StreamKey, IsAnotherForEachSeedPurposeAndPlace) {
  std::set<std::array<std::uint32_t, 2>> keys;
  std::size_t streams = 0;
  constexpr std::uint64_t beyond_a_word = std::uint64_t{1} << 32U;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, beyond_a_word}) {
    for (const Purpose purpose :
         {Purpose::weights, Purpose::dropout, Purpose::shuffle, Purpose::split, Purpose::synthetic}) {
      for (const std::uint64_t a : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, beyond_a_word}) {
        for (const std::uint64_t b : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, beyond_a_word}) {
          keys.insert(stream_key(seed, purpose, a, b).words);
          ++streams;
        }
      }
    }
  }
  EXPECT_EQ(keys.size(), streams);
}

TEST(ToUniform, NeverReachesZeroOrOne) {
  EXPECT_EQ(to_uniform(0), std::ldexp(1.0, -33));
  EXPECT_EQ(to_uniform(0xffffffff), 1 - std::ldexp(1.0, -33));
}

TEST(ToNormal, IsThePolarFormOfTwoUniforms) {
  const auto [x, y] = to_normal(0x12345678, 0xc0000000);
  EXPECT_NEAR(x * x + y * y, -2 * std::log(to_uniform(0x12345678)), 1e-12);
  EXPECT_NEAR(std::atan2(y, x), -std::numbers::pi / 2, 1e-9);
}

TEST(ToNormal, IsFiniteAtTheEndsOfTheRange) {
  EXPECT_TRUE(std::isfinite(to_normal(0, 0)[0]));
  EXPECT_NEAR(to_normal(0xffffffff, 0)[0], 0, 1e-4);
}

/// `count` normal values, both of each pair.
std::vector<double> normal_sample(std::uint64_t count) {
  std::vector<double> sample;
  for (std::uint64_t i = 0; sample.size() < count; ++i) {
    const Words words = random_words(stream_key(11, Purpose::synthetic), i);
    const auto pair = to_normal(words[0], words[1]);
    sample.insert(sample.end(), pair.begin(), pair.end());
  }
  return sample;
}

TEST(ToNormal, HasTheMomentsOfTheStandardNormal) {
  const std::vector<double> sample = normal_sample(200'000);
  std::array<double, 5> moments{};
  for (const double value : sample) {
    for (int power = 1; power <= 4; ++power)
      moments[static_cast<std::size_t>(power)] += std::pow(value, power) / static_cast<double>(sample.size());
  }
  // Five standard errors each: the variances of x, x^2, x^3 and x^4 are 1, 2, 15 and 96.
  const double root = std::sqrt(static_cast<double>(sample.size()));
  EXPECT_NEAR(moments[1], 0, 5 / root);
  EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2) / root);
  EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15) / root);
  EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96) / root);
}

TEST(ToNormal, FollowsTheNormalDistributionFunction) {
  std::vector<double> sample = normal_sample(20'000);
  std::sort(sample.begin(), sample.end());
  double largest_distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double below = (static_cast<double>(i) + 0.5) / static_cast<double>(sample.size());
    largest_distance = std::max(largest_distance, std::abs(below - 0.5 * std::erfc(-sample[i] / std::numbers::sqrt2)));
  }
  // Kolmogorov's distribution: 1.95 / sqrt(n) is passed once in a thousand samples.
  EXPECT_LT(largest_distance, 1.95 / std::sqrt(static_cast<double>(sample.size())));
}

}  // namespace
}  // namespace lockstep
