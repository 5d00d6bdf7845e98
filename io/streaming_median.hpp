// SPDX-License-Identifier: MIT
// The exact median of more values than fit in memory, in two passes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "core/types.hpp"

namespace lockstep {

/// Counts floats by the upper half of their bits in a first pass, and in a second pass by the lower half those that
/// share the upper half with a middle value. Memory: 2 KiB for each run of 256 upper halves that occurs, 1.5 MiB at
/// most. All values are finite, and the second pass brings the same ones as the first.
class StreamingMedian {
 public:
  void first_pass(float value);
  void second_pass(float value);
  [[nodiscard]] Index count() const noexcept { return upper_.total; }
  /// The middle value, or the mean of the two middle ones. Not for an empty set (assert).
  [[nodiscard]] float median() const;

 private:
  /// Counts of 16-bit keys.
  struct Histogram {
    std::array<std::unique_ptr<std::array<Index, 256>>, 256> pages;
    Index total = 0;

    void add(std::uint16_t key);
    /// The key of the value at `rank` in order, and how many values have smaller keys.
    struct Found {
      std::uint16_t key = 0;
      Index before = 0;
    };
    [[nodiscard]] Found find(Index rank) const;
  };

  void locate();

  Histogram upper_;
  bool located_ = false;
  std::array<Histogram::Found, 2> middle_;  ///< upper halves of the two middle values, maybe the same
  std::array<Histogram, 2> lower_;
};

}  // namespace lockstep
