// SPDX-License-Identifier: MIT
// Work that a signal may end without leaving half a file.
#pragma once

#include <functional>

namespace lockstep {

/// Does `work(check)`. Once SIGTERM, SIGINT, SIGUSR1 or SIGHUP came, the next call of `check` leaves `work` by an
/// exception, so that all that it owns is cleaned up (half-written files are removed), and the process then ends by
/// that signal as if it had not been caught. `work` catches no exceptions of unknown kind. A second SIGINT ends the
/// process at once.
void interruptible(const std::function<void(const std::function<void()>& check)>& work);

}  // namespace lockstep
