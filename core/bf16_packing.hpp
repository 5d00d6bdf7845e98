// SPDX-License-Identifier: MIT
// Floats into operands of products in bfloat16.
#pragma once

#include "core/bf16_operand.hpp"
#include "core/panel.hpp"

namespace lockstep {

/// A part of a column-major matrix, whose columns are `stride` scalars apart, and where in the matrix it begins.
struct Bf16Source {
  const Scalar* data = nullptr;
  Index rows = 0;
  Index columns = 0;
  Index stride = 0;
  Index first_row = 0;
  Index first_column = 0;
};

// Each rounds to nearest, ties to even; NaN stays NaN, and numbers below the smallest normal float become 0, as the
// processor does it. An operand without data is left out. Thread-safe on parts that share no line and term rounded to
// 16 and, for the last two, 16 and 32. Only where bf16_instruction_set() names something.

/// A line for each column, a term for each row. `first_row` is a multiple of 16; rows are completed to that by zeros.
void pack_columns(const Bf16Source& from, Bf16Columns to);
/// The same for the other side. `first_row` is a multiple of 32, `first_column` of 16; both are completed by zeros.
void pack_columns(const Bf16Source& from, Bf16Rows to);
/// A line for each row, a term for each column. `first_row` is a multiple of 16, `first_column` of 32; both are
/// completed by zeros.
void pack_rows(const Bf16Source& from, Bf16Rows to);
void pack_rows(const Bf16Source& from, Bf16Columns to);

/// A part of a panel, rows from a multiple of 16 on and columns from a multiple of 32 on, as outputs and as deltas of a
/// layer.
void pack_outputs(ConstPanel outputs, Range rows, Range columns, const Bf16Panel& to);
void pack_deltas(ConstPanel deltas, Range rows, Range columns, const Bf16Panel& to);

/// Samples that are packed together while they are in the first-level cache: of each row they fill whole blocks.
inline constexpr Index bf16_packed_columns = bf16_block_terms;

}  // namespace lockstep
