// SPDX-License-Identifier: MIT
// The library that multiplies matrices where we do not: oneDNN where it was found at build time, Eigen otherwise.
#pragma once

#include <optional>
#include <string_view>

#include "core/gemm.hpp"

namespace lockstep {

/// As multiply(), for k > 0. Throws Error when the library refuses.
void multiply_by_library(const Product& product);

/// What products of floats may use; settles it. Nothing where Eigen multiplies, whose instructions are those of the
/// build.
[[nodiscard]] std::optional<InstructionSet> library_instruction_set();

/// Asks for no more than these instructions, of floats; without effect once settled, and where Eigen multiplies.
void limit_library_instructions(InstructionSet most);

/// "oneDNN 2.6.3", "Eigen 3.4.0".
[[nodiscard]] std::string_view library_name();

}  // namespace lockstep
