// SPDX-License-Identifier: MIT
// Signals that ask a run to save and stop.
#pragma once

#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <thread>

namespace lockstep {

/// While it lives, SIGTERM, SIGINT, SIGUSR1 and SIGHUP only leave a note; a second SIGINT ends the process as usual.
/// After it, if one came, all are ignored, so that what is left of the process ends with its own status. A SIGHUP that
/// is ignored already, as under nohup, stays so. One within another changes nothing: the outer one counts.
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
  /// Its number, or 0.
  [[nodiscard]] static int received_number() noexcept;

 private:
  bool outermost_;
  std::array<struct sigaction, 4> earlier_{};  ///< what was done upon each signal before
  sigset_t earlier_mask_{};
  std::jthread listener_;
};

/// By what a run was stopped, for people: "SIGTERM (mpirun passes Ctrl-C on as SIGTERM)".
[[nodiscard]] std::string stopped_by(bool under_mpirun);

}  // namespace lockstep
