// SPDX-License-Identifier: MIT
// Unwinding first, dying second.
#include "apps/interruptible.hpp"

#include <csignal>
#include <cstdlib>

#include "apps/stop_signal.hpp"

namespace lockstep {
namespace {

struct Interrupted {
  int signal;
};

void check_signals() {
  if (const int signal = StopSignals::received_number(); signal != 0) throw Interrupted{signal};
}

}  // namespace

void interruptible(const std::function<void(const std::function<void()>& check)>& work) {
  try {
    const StopSignals signals;
    work(check_signals);
  } catch (const Interrupted& interrupted) {
    std::signal(interrupted.signal, SIG_DFL);
    std::raise(interrupted.signal);
  }
}

}  // namespace lockstep
