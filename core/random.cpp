// SPDX-License-Identifier: MIT
// Keys, words and distributions from Philox; the only file that knows Random123.
#include "core/random.hpp"

#include <Random123/philox.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace lockstep {
namespace {

constexpr std::uint64_t low_half = 0xFFFFFFFF;
constexpr std::uint32_t low_word(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
constexpr std::uint32_t high_word(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); }

#if defined(__AVX512F__)
constexpr std::size_t lanes = 8;
#elif defined(__AVX2__)
constexpr std::size_t lanes = 4;
#else
constexpr std::size_t lanes = 2;
#endif
constexpr std::size_t registers = block_places / lanes;

/// One register of counter words, each in the low half of a 64-bit lane: a widening multiplication then yields both
/// halves of a product without a shuffle. What a high half holds is masked off before it counts.
using Lanes [[gnu::vector_size(8 * lanes)]] = std::uint64_t;

/// The low half of each lane times `factor`. The instruction is spelled out because GCC 12 takes the slow 64-bit
/// multiplication for the plain expression (0.6 instead of 0.3 ns a unit of dropout).
inline Lanes widening_product(Lanes values, std::uint32_t factor) {
#if defined(__AVX512F__)
  return reinterpret_cast<Lanes>(_mm512_mul_epu32(reinterpret_cast<__m512i>(values), _mm512_set1_epi64(factor)));
#elif defined(__AVX2__)
  return reinterpret_cast<Lanes>(_mm256_mul_epu32(reinterpret_cast<__m256i>(values), _mm256_set1_epi64x(factor)));
#else
  return (values & low_half) * factor;
#endif
}

inline Lanes pair_of(Lanes low, Lanes high) { return (low & low_half) | high << 32U; }

inline void store(Lanes values, std::uint64_t* to) { std::memcpy(to, &values, sizeof values); }

/// The counters of as many places as a register has lanes.
struct Counters {
  Lanes word0, word1, word2, word3;
};

inline Counters first_counters(std::uint64_t i, std::uint64_t j) {
  Lanes places{};
  for (std::size_t lane = 0; lane < lanes; ++lane) places[lane] = j + lane;
  return {Lanes{} + i, Lanes{} + (i >> 32U), places, places >> 32U};
}

inline void philox_round(Counters& counter, std::uint64_t key0, std::uint64_t key1) {
  const Lanes product0 = widening_product(counter.word0, PHILOX_M4x32_0);
  const Lanes product1 = widening_product(counter.word2, PHILOX_M4x32_1);
  counter.word0 = product1 >> 32U ^ counter.word1 ^ key0;
  counter.word1 = product1;
  counter.word2 = product0 >> 32U ^ counter.word3 ^ key1;
  counter.word3 = product0;
}

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

WordBlock random_block(StreamKey key, std::uint64_t i, std::uint64_t j) {
  std::array<Counters, registers> counters;
  for (std::size_t part = 0; part < registers; ++part) counters[part] = first_counters(i, j + part * lanes);
  std::uint32_t key0 = key.words[0];
  std::uint32_t key1 = key.words[1];
  for (int round = 0; round < 10; ++round) {
    for (Counters& counter : counters) philox_round(counter, key0, key1);
    key0 += PHILOX_W32_0;
    key1 += PHILOX_W32_1;
  }
  // Two words to a lane, then the two halves of each place side by side.
  std::array<std::uint64_t, block_places> firsts;
  std::array<std::uint64_t, block_places> seconds;
  for (std::size_t part = 0; part < registers; ++part) {
    const Counters& c = counters[part];
    store(pair_of(c.word0, c.word1), firsts.data() + part * lanes);
    store(pair_of(c.word2, c.word3), seconds.data() + part * lanes);
  }
  std::array<std::uint64_t, 2 * block_places> places;
  for (std::size_t place = 0; place < block_places; ++place) {
    places[2 * place] = firsts[place];
    places[2 * place + 1] = seconds[place];
  }
  return std::bit_cast<WordBlock>(places);
}

double to_uniform(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

std::array<double, 2> to_normal(std::uint32_t first, std::uint32_t second) {
  const double radius = std::sqrt(-2.0 * std::log(to_uniform(first)));
  const double angle = 2.0 * std::numbers::pi * to_uniform(second);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace lockstep
