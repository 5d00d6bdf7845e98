// SPDX-License-Identifier: MIT
// The ranks that a test runs on.
#pragma once

#include "parallel/communicator.hpp"

namespace lockstep::test {

/// All ranks of the running test program, one without mpirun. Only in programs registered with RANKS, whose main is
/// support/mpi_test_main.cpp; only between its start and its end.
[[nodiscard]] Communicator& world();

/// The ranks that give the same number. Collective over all.
[[nodiscard]] Communicator& group(int number);

/// All ranks as if so many at a time, which divides their number, shared a host. Collective over all.
[[nodiscard]] Communicator& by_hosts(int ranks_per_host);

/// Seconds of silence after which world() counts a rank as lost.
void set_timeout(double seconds);

}  // namespace lockstep::test
