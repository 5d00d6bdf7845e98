// SPDX-License-Identifier: MIT
// Selection by the digits of an order-preserving key.
#include "io/streaming_median.hpp"

#include <bit>
#include <cassert>

namespace lockstep {
namespace {

/// Unsigned numbers in the order of the floats: the sign bit flipped, and of negative ones all others too.
std::uint32_t key_of(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return (bits & 0x8000'0000U) != 0 ? ~bits : bits | 0x8000'0000U;
}

float value_of(std::uint32_t key) {
  return std::bit_cast<float>((key & 0x8000'0000U) != 0 ? key & 0x7FFF'FFFFU : ~key);
}

std::uint16_t upper_half(std::uint32_t key) { return static_cast<std::uint16_t>(key >> 16U); }
std::uint16_t lower_half(std::uint32_t key) { return static_cast<std::uint16_t>(key & 0xFFFFU); }

}  // namespace

void StreamingMedian::Histogram::add(std::uint16_t key) {
  auto& page = pages[key >> 8U];
  if (!page) page = std::make_unique<std::array<Index, 256>>();
  ++(*page)[key & 0xFFU];
  ++total;
}

StreamingMedian::Histogram::Found StreamingMedian::Histogram::find(Index rank) const {
  Index before = 0;
  for (std::size_t high = 0; high < pages.size(); ++high) {
    if (!pages[high]) continue;
    for (std::size_t low = 0; low < 256; ++low) {
      const Index here = (*pages[high])[low];
      if (rank < before + here) return {static_cast<std::uint16_t>(high * 256 + low), before};
      before += here;
    }
  }
  return {};
}

void StreamingMedian::first_pass(float value) { upper_.add(upper_half(key_of(value))); }

void StreamingMedian::locate() {
  middle_ = {upper_.find((upper_.total - 1) / 2), upper_.find(upper_.total / 2)};
  located_ = true;
}

void StreamingMedian::second_pass(float value) {
  if (!located_) locate();
  const std::uint32_t key = key_of(value);
  for (std::size_t i = 0; i < 2; ++i) {
    if (upper_half(key) == middle_[i].key) lower_[i].add(lower_half(key));
  }
}

float StreamingMedian::median() const {
  assert(located_);
  const std::array<Index, 2> ranks{(upper_.total - 1) / 2, upper_.total / 2};
  std::array<double, 2> values{};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint32_t low = lower_[i].find(ranks[i] - middle_[i].before).key;
    values[i] = static_cast<double>(value_of((static_cast<std::uint32_t>(middle_[i].key) << 16U) | low));
  }
  return static_cast<float>((values[0] + values[1]) / 2);
}

}  // namespace lockstep
