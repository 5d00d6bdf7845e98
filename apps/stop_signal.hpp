// SPDX-License-Identifier: MIT
// Signals that ask a run to save and stop.
#pragma once

#include <csignal>
#include <string>
#include <string_view>
#include <thread>

namespace lockstep {

/// While it lives, SIGTERM, SIGINT and SIGUSR1 only leave a note; a second SIGINT ends the process as usual. After it,
/// if one came, all three are ignored, so that what is left of the process ends with its own status. One within another
/// changes nothing: the outer one counts.
///
/// A handler must not run on a thread that multiplies matrices: with it there, stopped runs ended now and then with a
/// corrupted heap (most likely oneDNN's generated code uses memory where the kernel puts a signal's frame). So the
/// signals are blocked in the calling thread and in those that it starts, and one thread takes them.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// "SIGTERM" and so on, or "" as long as none came.
  [[nodiscard]] static std::string_view received() noexcept;

 private:
  bool outermost_;
  struct sigaction earlier_term_ {};
  struct sigaction earlier_int_ {};
  struct sigaction earlier_user1_ {};
  sigset_t earlier_mask_{};
  std::jthread listener_;
};

/// By what a run was stopped, for people: "SIGTERM (mpirun passes Ctrl-C on as SIGTERM)".
[[nodiscard]] std::string stopped_by(bool under_mpirun);

}  // namespace lockstep
