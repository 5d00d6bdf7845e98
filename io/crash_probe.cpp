// SPDX-License-Identifier: MIT
// Forking, and what became of the child.
#include "io/crash_probe.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace lockstep {
namespace {

/// A crash of the child is an answer, not an event: no handlers of MPI or sanitizers, no text, no core file, no endless
/// loop.
void become_quiet() {
  constexpr unsigned most_seconds = 10;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM}) std::signal(signal, SIG_DFL);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::alarm(most_seconds);
}

}  // namespace

bool survives_in_child(const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child < 0) return true;
  if (child == 0) {
    become_quiet();
    try {
      body();
    } catch (...) {
      ::_exit(0);
    }
    ::_exit(0);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return true;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace lockstep
