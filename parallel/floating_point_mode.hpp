// SPDX-License-Identifier: MIT
// One floating-point mode for every thread that computes.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace lockstep {

/// While it lives, the calling thread rounds to nearest, flushes denormal results and inputs to zero and traps nothing,
/// whatever mode its program had set: a result must not depend on which thread computed it, and denormals cost a
/// hundred times the time of other numbers.
class FloatingPointMode {
 public:
#if defined(__SSE2__)
  FloatingPointMode() noexcept : before_{_mm_getcsr()} { _mm_setcsr(nothing_trapped | flush_to_zero | inputs_to_zero); }
  ~FloatingPointMode() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned nothing_trapped = 0x1F80U;  // which also means: round to nearest
  static constexpr unsigned flush_to_zero = 0x8000U;
  static constexpr unsigned inputs_to_zero = 0x0040U;
  unsigned before_;

 public:
#else
  FloatingPointMode() noexcept = default;
#endif
  FloatingPointMode(const FloatingPointMode&) = delete;
  FloatingPointMode& operator=(const FloatingPointMode&) = delete;
};

}  // namespace lockstep
