// SPDX-License-Identifier: MIT
// A sentence for what a mapped file that is no longer whole does to its reader.
#pragma once

namespace lockstep {

/// From now on a bus error (SIGBUS: a data set was shortened, or its disk failed, while it was read) ends the process
/// with a sentence and status 1. Call it before MPI starts, whose own handler prints a stack trace.
void explain_bus_errors() noexcept;

}  // namespace lockstep
