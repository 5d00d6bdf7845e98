// SPDX-License-Identifier: MIT
// System calls that fail, or end the process, when a test says so.
//
// The shim defines the C library's functions for files in the test's own program, where the dynamic linker finds them
// before the C library's. Link fault_shim.cpp into the program. For one thread.
#pragma once

#include <string>
#include <vector>

namespace lockstep::test {

enum class Fault {
  none,         ///< only count
  error,        ///< the call does nothing and reports `error`; close closes all the same
  error_after,  ///< the call does its work and reports `error` all the same
  broken_disk,  ///< this call and all that follow report `error`
  short_write,  ///< write writes half of what it was given; other calls do their work
  full_disk,    ///< write writes half, and all writes that follow report ENOSPC; other calls do their work
  kill_before,  ///< SIGKILL
  kill_amid,    ///< write writes half, then SIGKILL; other calls like kill_after
  kill_after,
};

struct FaultPlan {
  Fault fault = Fault::none;
  int call = 0;  ///< which call, counted from 0
  int error = 0;
};

/// From now on calls are counted, and the plan is carried out.
void arm_faults(FaultPlan plan);

/// Back to ordinary. Returns the names of the calls since arm_faults, in order: "open", "write", ...
std::vector<std::string> disarm_faults();

}  // namespace lockstep::test
