// SPDX-License-Identifier: MIT
// A signal handler, which may do nothing but write and end.
#include "apps/bus_error.hpp"

#include <signal.h>
#include <unistd.h>

#include <string_view>

#include "apps/command.hpp"

namespace lockstep {
namespace {

constexpr std::string_view sentence =
    "error: a data set was shortened, or its disk failed, while it was read; make the file whole again (replace data "
    "sets by renaming), and the same command goes on from the last checkpoint, if the run has come to one\n";

extern "C" void end_with_a_sentence(int /*signal*/) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, sentence.data(), sentence.size());
  ::_exit(exit_fault);
}

}  // namespace

void explain_bus_errors() noexcept {
  struct sigaction action {};
  action.sa_handler = end_with_a_sentence;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace lockstep
