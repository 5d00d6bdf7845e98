// SPDX-License-Identifier: MIT
// The number types that every part shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lockstep {

#ifdef LOCKSTEP_DOUBLE
using Scalar = double;  ///< the `double` preset: tight gradient checks
#else
using Scalar = float;
#endif

using Index = std::ptrdiff_t;
using Label = std::int32_t;  ///< a class, in [0, classes)

/// Bytes to which every buffer and every column of a panel is aligned: a cache line, an AVX-512 register.
inline constexpr std::size_t alignment_bytes = 64;
/// Scalars in one aligned unit.
inline constexpr Index alignment_scalars = static_cast<Index>(alignment_bytes / sizeof(Scalar));

/// The smallest multiple of `alignment_scalars` that is at least `count`; 0 for 0.
[[nodiscard]] constexpr Index padded(Index count) noexcept {
  return (count + alignment_scalars - 1) / alignment_scalars * alignment_scalars;
}

/// A half-open range of rows, units, shards or samples: [begin, end).
struct Range {
  Index begin = 0;
  Index end = 0;

  [[nodiscard]] constexpr Index size() const noexcept { return end - begin; }
  [[nodiscard]] constexpr bool empty() const noexcept { return begin >= end; }
  friend bool operator==(const Range&, const Range&) = default;
};

}  // namespace lockstep
