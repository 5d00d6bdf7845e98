// SPDX-License-Identifier: MIT
// A rehearsal of calls into a library that damaged input may crash.
#pragma once

#include <functional>

namespace lockstep {

/// Runs `body` in a forked child and reports whether the child lived through it; exceptions count as living. True also
/// where no child can be made. The child writes nothing and runs no exit handlers, so that threads, MPI and files are
/// safe.
[[nodiscard]] bool survives_in_child(const std::function<void()>& body);

}  // namespace lockstep
