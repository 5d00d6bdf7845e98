// SPDX-License-Identifier: MIT
// The processes of the ranks that an mpirun has started on this host.
#pragma once

#include <sys/types.h>

#include <map>

namespace lockstep::test {

/// Process by rank; the ranks that live at this moment (stopped ones too, those that ended not).
[[nodiscard]] std::map<int, pid_t> rank_processes(pid_t mpirun);

/// False once it has ended, even if nobody has asked how.
[[nodiscard]] bool lives(pid_t process);

}  // namespace lockstep::test
