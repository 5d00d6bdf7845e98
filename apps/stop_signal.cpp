// SPDX-License-Identifier: MIT
// The handler does only what a handler may: it sets a flag.
#include "apps/stop_signal.hpp"

namespace lockstep {
namespace {

volatile std::sig_atomic_t received_signal = 0;

extern "C" void note_signal(int number) {
  if (number == SIGINT && received_signal == SIGINT) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  received_signal = number;
}

void install(int number, struct sigaction* earlier) {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, earlier);
}

}  // namespace

StopSignals::StopSignals() {
  received_signal = 0;
  install(SIGTERM, &earlier_term_);
  install(SIGINT, &earlier_int_);
  install(SIGUSR1, &earlier_user1_);
}

StopSignals::~StopSignals() {
  sigaction(SIGTERM, &earlier_term_, nullptr);
  sigaction(SIGINT, &earlier_int_, nullptr);
  sigaction(SIGUSR1, &earlier_user1_, nullptr);
}

std::string_view StopSignals::received() noexcept {
  switch (received_signal) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    default:
      return {};
  }
}

}  // namespace lockstep
