// SPDX-License-Identifier: MIT
// Whether a person is watching, and how wide their terminal is.
#pragma once

namespace lockstep {

/// Columns of the terminal that standard error ends in; 0 when it does not end in one.
/// Under mpirun each rank's standard error is a pipe to the launcher: then the launcher's own standard error decides.
[[nodiscard]] int terminal_columns();

/// Columns of the terminal that standard output is; 0 when it is none.
[[nodiscard]] int output_columns();

}  // namespace lockstep
