// SPDX-License-Identifier: MIT
// fork and exec, output to files so that no pipe fills up.
#include "support/command.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace lockstep::test {
namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

void redirect(int descriptor, const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
  ::close(file);
}

void set_limit(__rlimit_resource resource, rlim_t bytes) {
  if (bytes == RLIM_INFINITY) return;
  const rlimit limit{bytes, bytes};
  if (::setrlimit(resource, &limit) < 0) ::_exit(126);
}

int exit_status(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

}  // namespace

Command::Command(const std::vector<std::string>& arguments, const CommandLimits& limits) {
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  const std::string out = output_ / "out";
  const std::string err = output_ / "err";
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error{"cannot start a process"};
  if (process_ > 0) return;
  const int nothing = ::open("/dev/null", O_RDONLY);
  ::dup2(nothing, STDIN_FILENO);
  redirect(STDOUT_FILENO, out);
  redirect(STDERR_FILENO, err);
  set_limit(RLIMIT_FSIZE, limits.file_bytes);
  set_limit(RLIMIT_DATA, limits.data_bytes);
  ::execvp(raw[0], raw.data());
  ::_exit(127);
}

Command::~Command() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

void Command::send(int signal) const {
  if (process_ > 0) ::kill(process_, signal);
}

bool Command::ended() {
  if (process_ > 0 && ::waitpid(process_, &wait_status_, WNOHANG) == process_) process_ = -1;
  return process_ < 0;
}

CommandResult Command::wait() {
  if (process_ > 0) ::waitpid(process_, &wait_status_, 0);
  process_ = -1;
  return {.status = exit_status(wait_status_), .out = text_of(output_ / "out"), .err = text_of(output_ / "err")};
}

CommandResult run_command(const std::vector<std::string>& arguments) { return Command{arguments}.wait(); }

std::vector<std::string> lockstep_command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), LOCKSTEP_BINARY);
  return arguments;
}

std::vector<std::string> mpirun_command(int ranks, std::vector<std::string> arguments) {
  for (const char* variable :
       {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "OMPI_MCA_mpi_yield_when_idle"})
    ::setenv(variable, "1", 1);
  ::setenv("ASAN_OPTIONS", "detect_leaks=0", 0);  // Open MPI's own allocations at exit are not our leaks
  std::vector<std::string> all{LOCKSTEP_MPIEXEC, "--oversubscribe", "--bind-to", "none", "-n", std::to_string(ranks)};
  for (std::string& argument : lockstep_command(std::move(arguments))) all.push_back(std::move(argument));
  return all;
}

CommandResult run_lockstep(std::vector<std::string> arguments, const CommandLimits& limits) {
  return Command{lockstep_command(std::move(arguments)), limits}.wait();
}

CommandResult run_lockstep_on(int ranks, std::vector<std::string> arguments) {
  return run_command(ranks == 1 ? lockstep_command(std::move(arguments)) : mpirun_command(ranks, std::move(arguments)));
}

}  // namespace lockstep::test
