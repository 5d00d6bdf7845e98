// SPDX-License-Identifier: MIT
// Signals are taken by a thread that does nothing else; the handler sets a flag.
#include "apps/stop_signal.hpp"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace lockstep {
namespace {

struct NamedSignal {
  int number;
  std::string_view name;
};
constexpr std::array<NamedSignal, 4> signals{
    {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGUSR1, "SIGUSR1"}, {SIGHUP, "SIGHUP"}}};

std::atomic<int> received_signal = 0;
bool listening = false;  ///< there is one; only the main thread makes them
static_assert(std::atomic<int>::is_always_lock_free, "a handler may not wait for a lock");

extern "C" void note_signal(int number) {
  if (number == SIGINT && received_signal == SIGINT) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  received_signal = number;
}

void install(int number, struct sigaction& earlier) {
  sigaction(number, nullptr, &earlier);
  if (number == SIGHUP && earlier.sa_handler == SIG_IGN) return;  // somebody means to go on without a terminal
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, nullptr);
}

/// Once a signal came, the run is on its way out with its own status: a second one must not change that.
void restore(int number, const struct sigaction& earlier) {
  if (received_signal == 0)
    sigaction(number, &earlier, nullptr);
  else
    std::signal(number, SIG_IGN);
}

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const NamedSignal& signal : signals) sigaddset(&set, signal.number);
  return set;
}

}  // namespace

StopSignals::StopSignals() : outermost_{!listening} {
  if (!outermost_) return;
  listening = true;
  received_signal = 0;
  for (std::size_t i = 0; i < signals.size(); ++i) install(signals[i].number, earlier_[i]);
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
  if (!outermost_) return;
  listening = false;
  pthread_sigmask(SIG_SETMASK, &earlier_mask_, nullptr);
  listener_ = {};
  for (std::size_t i = 0; i < signals.size(); ++i) restore(signals[i].number, earlier_[i]);
}

std::string_view StopSignals::received() noexcept {
  const int number = received_signal;
  for (const NamedSignal& signal : signals)
    if (signal.number == number) return signal.name;
  return {};
}

int StopSignals::received_number() noexcept { return received_signal; }

std::string stopped_by(bool under_mpirun) {
  const std::string_view signal = StopSignals::received();
  std::string by{signal.empty() ? "a signal to another rank" : signal};
  if (signal == "SIGTERM" && under_mpirun) by += " (mpirun passes Ctrl-C on as SIGTERM)";
  return by;
}

}  // namespace lockstep
