// SPDX-License-Identifier: MIT
// Random numbers without state: each is a function of what it is for.
#pragma once

#include <array>
#include <cstdint>

namespace lockstep {

/// What a stream of random numbers is for. Values are part of the results: never renumber.
enum class Purpose : std::uint32_t { weights = 1, dropout = 2, shuffle = 3, split = 4, synthetic = 5, directions = 6 };

/// The key of one stream of Philox4x32-10 (Salmon et al., SC 2011, through Random123).
struct StreamKey {
  std::array<std::uint32_t, 2> words{};
  friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

/// The stream for (seed, purpose, a, b): for dropout a = step and b = layer, for shuffling a = epoch, and so on.
[[nodiscard]] StreamKey stream_key(std::uint64_t seed, Purpose purpose, std::uint64_t a = 0, std::uint64_t b = 0);

/// Four independent uniform 32-bit words at place (i, j) of the stream.
[[nodiscard]] std::array<std::uint32_t, 4> random_words(StreamKey key, std::uint64_t i, std::uint64_t j = 0);

/// Places in a block of words, and the words of such a block.
inline constexpr std::uint64_t block_places = 16;
using WordBlock = std::array<std::uint32_t, 4 * block_places>;

/// The words of places (i, j), (i, j + 1), ... (i, j + 15), one place after the other: what 16 calls of random_words
/// give, in vector instructions.
[[nodiscard]] WordBlock random_block(StreamKey key, std::uint64_t i, std::uint64_t j);

/// Uniform in (0, 1), never 0 or 1: (word + 1/2) / 2^32.
[[nodiscard]] double to_uniform(std::uint32_t word);

/// Two independent standard normal values from two words (Box & Muller 1958).
[[nodiscard]] std::array<double, 2> to_normal(std::uint32_t first, std::uint32_t second);

}  // namespace lockstep
