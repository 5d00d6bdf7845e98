// SPDX-License-Identifier: MIT
// Whether this build has products in bfloat16 (LOCKSTEP_BF16), and the instructions for them.
#pragma once

#if defined(__AVX512BF16__) && defined(__AVX512BW__) && !defined(LOCKSTEP_DOUBLE)
#define LOCKSTEP_BF16
#include <immintrin.h>
#endif
