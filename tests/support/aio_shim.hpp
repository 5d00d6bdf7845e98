// SPDX-License-Identifier: MIT
// Linux's asynchronous reads, failing when a test says so.
//
// The shim defines the C library's `syscall` in the test's own program, where the dynamic linker finds it first. Link
// aio_shim.cpp into the program. For one thread.
#pragma once

#include <optional>

namespace lockstep::test {

struct AioFaults {
  int submit_error = 0;                ///< io_submit begins nothing and reports this
  int wait_error = 0;                  ///< io_getevents brings nothing and reports this
  std::optional<int> result_of_first;  ///< what io_getevents says has become of the read submitted first
  std::optional<int> result_of_all;
};

/// From now on, until others are set.
void set_aio_faults(const AioFaults& faults);

}  // namespace lockstep::test
