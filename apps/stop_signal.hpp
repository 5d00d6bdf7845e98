// SPDX-License-Identifier: MIT
// Signals that ask a run to save and stop.
#pragma once

#include <csignal>
#include <string_view>

namespace lockstep {

/// While it lives, SIGTERM, SIGINT and SIGUSR1 only leave a note; a second SIGINT ends the process as usual.
/// One at a time.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// "SIGTERM" and so on, or "" as long as none came.
  [[nodiscard]] static std::string_view received() noexcept;

 private:
  struct sigaction earlier_term_ {};
  struct sigaction earlier_int_ {};
  struct sigaction earlier_user1_ {};
};

}  // namespace lockstep
