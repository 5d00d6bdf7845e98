// SPDX-License-Identifier: MIT
// The vector instructions that matrix products may use.
#pragma once

#include <array>

#include "core/names.hpp"

namespace lockstep {

/// Of x86-64; each contains those before it.
/// The last two are read by products in bfloat16 alone (precision bf16).
enum class InstructionSet { sse41, avx, avx2, avx512, avx512_bf16, amx };

inline constexpr std::array<Named<InstructionSet>, 6> instruction_set_names{
    {{InstructionSet::sse41, "sse41"},
     {InstructionSet::avx, "avx"},
     {InstructionSet::avx2, "avx2"},
     {InstructionSet::avx512, "avx512"},
     {InstructionSet::avx512_bf16, "avx512-bf16"},
     {InstructionSet::amx, "amx"}}};

}  // namespace lockstep
