// SPDX-License-Identifier: MIT
// Products of bfloat16 operands, summed in float32.
#pragma once

#include <optional>
#include <string>

#include "core/bf16_operand.hpp"
#include "core/instruction_set.hpp"

namespace lockstep {

/// C(i, j) = sum over t of rows(i, t) columns(j, t), or C += that when `accumulate`. C is column-major, rows.lines x
/// columns.lines, columns `ldc` scalars apart. Both operands have the same terms.
///
/// Each element is complete before it meets C, so an accumulating product has the bits of a product and an addition.
/// The bits of an element depend on its two lines and on the instruction set, on nothing else: neither on the size of C
/// nor on addresses. Sums that are subnormal count as 0 (the processor's rule for bfloat16). Runs on the calling thread
/// alone; thread-safe on disjoint C. Only where bf16_instruction_set() names something.
struct Bf16Product {
  Bf16Rows rows;
  Bf16Columns columns;
  Scalar* c = nullptr;
  Index ldc = 0;
  bool accumulate = false;
};

void multiply(const Bf16Product& product);

/// What products in bfloat16 use: amx where the processor has AMX-BF16 and the system lets this process use it,
/// avx512-bf16 where it has that, unless limit_bf16_instructions said otherwise; nothing where it has neither or this
/// build cannot. The first call asks the system.
[[nodiscard]] std::optional<InstructionSet> bf16_instruction_set();

/// Keeps products in bfloat16 to these instructions at most, for the whole process; below avx512-bf16 there are none.
void limit_bf16_instructions(InstructionSet most) noexcept;

/// Why there are no products in bfloat16, and what to do; "" where there are.
[[nodiscard]] std::string bf16_problem();

}  // namespace lockstep
