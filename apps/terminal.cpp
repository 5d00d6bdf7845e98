// SPDX-License-Identifier: MIT
// Looks through the launcher's pipe at the terminal behind it.
#include "apps/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "io/file_descriptor.hpp"

namespace lockstep {
namespace {

int columns_of(int descriptor) {
  constexpr int usual_columns = 80;  // for terminals that do not know their size
  if (::isatty(descriptor) != 1) return 0;
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return usual_columns;
  return size.ws_col;
}

}  // namespace

int terminal_columns() {
  if (const int columns = columns_of(STDERR_FILENO); columns > 0) return columns;
  if (std::getenv("OMPI_COMM_WORLD_RANK") == nullptr) return 0;
  const std::string launcher_stderr = "/proc/" + std::to_string(::getppid()) + "/fd/2";
  const FileDescriptor terminal{::open(launcher_stderr.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC)};
  return terminal.get() < 0 ? 0 : columns_of(terminal.get());
}

int output_columns() { return columns_of(STDOUT_FILENO); }

}  // namespace lockstep
