// SPDX-License-Identifier: MIT
// The vector instructions that matrix products may use.
#pragma once

#include <array>

#include "core/names.hpp"

namespace lockstep {

/// Of x86-64; each contains those before it.
enum class InstructionSet { sse41, avx, avx2, avx512 };

inline constexpr std::array<Named<InstructionSet>, 4> instruction_set_names{{{InstructionSet::sse41, "sse41"},
                                                                             {InstructionSet::avx, "avx"},
                                                                             {InstructionSet::avx2, "avx2"},
                                                                             {InstructionSet::avx512, "avx512"}}};

}  // namespace lockstep
