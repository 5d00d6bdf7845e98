// SPDX-License-Identifier: MIT
// Keys, words and distributions from Philox; the only file that knows Random123.
#include "core/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace lockstep {
namespace {

constexpr std::uint64_t low_half = 0xFFFFFFFF;
constexpr std::uint32_t low_word(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
constexpr std::uint32_t high_word(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); }

}  // namespace

StreamKey stream_key(std::uint64_t seed, Purpose purpose, std::uint64_t a, std::uint64_t b) {
  const StreamKey of_seed{{low_word(seed), high_word(seed)}};
  const auto of_purpose = random_words(of_seed, static_cast<std::uint64_t>(purpose));
  const auto of_place = random_words(StreamKey{{of_purpose[0], of_purpose[1]}}, a, b);
  return StreamKey{{of_place[0], of_place[1]}};
}

std::array<std::uint32_t, 4> random_words(StreamKey key, std::uint64_t i, std::uint64_t j) {
  const philox4x32_ctr_t counter{{low_word(i), high_word(i), low_word(j), high_word(j)}};
  const philox4x32_key_t round_key{{key.words[0], key.words[1]}};
  const philox4x32_ctr_t words = philox4x32_R(10, counter, round_key);
  return {words[0], words[1], words[2], words[3]};
}

// The lanes are 64 bits wide and carry their word in the low half: one widening multiplication then gives both
// halves of a product without a shuffle. What is left in the high half is masked off before it counts.
WordBlock random_block(StreamKey key, std::uint64_t i, std::uint64_t j) {
  std::array<std::array<std::uint64_t, block_places>, 4> counters;
  for (std::size_t lane = 0; lane < block_places; ++lane) {
    std::uint64_t c0 = low_word(i);
    std::uint64_t c1 = high_word(i);
    std::uint64_t c2 = low_word(j + lane);
    std::uint64_t c3 = high_word(j + lane);
    std::uint32_t key0 = key.words[0];
    std::uint32_t key1 = key.words[1];
    for (int round = 0; round < 10; ++round) {
      const std::uint64_t product0 = PHILOX_M4x32_0 * (c0 & low_half);
      const std::uint64_t product1 = PHILOX_M4x32_1 * (c2 & low_half);
      c0 = (product1 >> 32U) ^ c1 ^ key0;
      c1 = product1;
      c2 = (product0 >> 32U) ^ c3 ^ key1;
      c3 = product0;
      key0 += PHILOX_W32_0;
      key1 += PHILOX_W32_1;
    }
    counters[0][lane] = c0;
    counters[1][lane] = c1;
    counters[2][lane] = c2;
    counters[3][lane] = c3;
  }
  WordBlock words;
  for (std::size_t lane = 0; lane < block_places; ++lane) {
    for (std::size_t word = 0; word < 4; ++word) words[4 * lane + word] = low_word(counters[word][lane]);
  }
  return words;
}

double to_uniform(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

std::array<double, 2> to_normal(std::uint32_t first, std::uint32_t second) {
  const double radius = std::sqrt(-2.0 * std::log(to_uniform(first)));
  const double angle = 2.0 * std::numbers::pi * to_uniform(second);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace lockstep
