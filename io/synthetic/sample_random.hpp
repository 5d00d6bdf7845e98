// SPDX-License-Identifier: MIT
// The random numbers of one synthetic sample.
#pragma once

#include <array>
#include <cstdint>

#include "core/random.hpp"
#include "core/types.hpp"

namespace lockstep {

/// Draws one number after the other; the k-th is a function of key, sample and k alone.
class SampleRandom {
 public:
  SampleRandom(StreamKey key, Index sample) : key_{key}, sample_{static_cast<std::uint64_t>(sample)} {}

  [[nodiscard]] std::uint32_t word() {
    if (next_ % 4 == 0) words_ = random_words(key_, sample_, next_ / 4);
    return words_[next_++ % 4];
  }
  /// In (low, high).
  [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * to_uniform(word()); }
  [[nodiscard]] double normal(double deviation) {
    const std::uint32_t first = word();
    return deviation * to_normal(first, word())[0];
  }
  /// One of [0, count).
  [[nodiscard]] Index choice(Index count) {
    return static_cast<Index>((static_cast<std::uint64_t>(word()) * static_cast<std::uint64_t>(count)) >> 32U);
  }

 private:
  StreamKey key_;
  std::uint64_t sample_;
  std::uint64_t next_ = 0;
  std::array<std::uint32_t, 4> words_{};
};

/// Which of `count` kinds sample number `sample` is of: every run of `count` samples from a multiple of it holds each
/// kind once, in an order that depends on key and run alone. So kinds are balanced, and a longer set begins like a
/// shorter one.
[[nodiscard]] Index balanced_kind(StreamKey key, Index sample, Index count);

}  // namespace lockstep
