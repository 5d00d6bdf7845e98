// SPDX-License-Identifier: MIT
// One denormal mode for every thread that computes.
#pragma once

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace lockstep {

/// While it lives, the calling thread flushes denormal results and inputs to zero, whatever mode it was in: a result
/// must not depend on which thread computed it, and denormals cost a hundred times the time of other numbers.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  FlushDenormals() noexcept : before_{_mm_getcsr()} { _mm_setcsr(before_ | flush_to_zero | denormals_are_zero); }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned flush_to_zero = 0x8000U;
  static constexpr unsigned denormals_are_zero = 0x0040U;
  unsigned before_;

 public:
#else
  FlushDenormals() noexcept = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};

}  // namespace lockstep
