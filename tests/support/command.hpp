// SPDX-License-Identifier: MIT
// Running a program and seeing what it says.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "support/temporary_directory.hpp"

namespace lockstep::test {

/// What the system grants a program.
struct CommandLimits {
  rlim_t file_bytes = RLIM_INFINITY;  ///< length of any file that it writes; a limit stands for a full disk
  rlim_t data_bytes = RLIM_INFINITY;  ///< memory of its own: heap, stacks, copies of pages
};

/// How a program ended.
struct CommandResult {
  int status = -1;  ///< exit status; 128 + n when signal n ended it
  std::string out;
  std::string err;
};

/// A program under way. Killed when it goes out of scope unfinished.
class Command {
 public:
  /// Starts `arguments[0]`, found by PATH, with its output captured. Throws std::runtime_error.
  explicit Command(const std::vector<std::string>& arguments, const CommandLimits& limits = {});
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  void send(int signal) const;
  [[nodiscard]] pid_t process() const noexcept { return process_; }
  /// True when it has ended.
  [[nodiscard]] bool ended();
  [[nodiscard]] CommandResult wait();

 private:
  TemporaryDirectory output_;
  pid_t process_ = -1;
  int wait_status_ = 0;
};

[[nodiscard]] CommandResult run_command(const std::vector<std::string>& arguments);

/// The lockstep binary of this build, and the same under mpirun, which may run as root and on fewer cores than ranks.
[[nodiscard]] std::vector<std::string> lockstep_command(std::vector<std::string> arguments);
[[nodiscard]] std::vector<std::string> mpirun_command(int ranks, std::vector<std::string> arguments);

[[nodiscard]] CommandResult run_lockstep(std::vector<std::string> arguments, const CommandLimits& limits = {});
[[nodiscard]] CommandResult run_lockstep_on(int ranks, std::vector<std::string> arguments);

}  // namespace lockstep::test
