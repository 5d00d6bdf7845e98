// SPDX-License-Identifier: MIT
// Signals are taken by a thread that does nothing else; the handler sets a flag.
#include "apps/stop_signal.hpp"

#include <pthread.h>

#include <condition_variable>
#include <mutex>

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

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&set, number);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  received_signal = 0;
  install(SIGTERM, &earlier_term_);
  install(SIGINT, &earlier_int_);
  install(SIGUSR1, &earlier_user1_);
  const sigset_t set = stop_signals();
  listener_ = std::jthread{[set](const std::stop_token& stop) {
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    std::mutex mutex;
    std::unique_lock lock{mutex};
    std::condition_variable_any never;
    never.wait(lock, stop, [] { return false; });
  }};
  // Threads that are started from here on, the workers among them, inherit this.
  pthread_sigmask(SIG_BLOCK, &set, &earlier_mask_);
}

StopSignals::~StopSignals() {
  pthread_sigmask(SIG_SETMASK, &earlier_mask_, nullptr);
  listener_ = {};
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
