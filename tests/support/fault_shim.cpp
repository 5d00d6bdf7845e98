// SPDX-License-Identifier: MIT
// The C library's functions for files, with a look at the plan first.
#include "support/fault_shim.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <type_traits>

namespace lockstep::test {
namespace {

bool armed = false;
FaultPlan plan;
std::vector<std::string> calls;

enum class Action { proceed, fail, proceed_and_fail, proceed_and_die };

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  ::_exit(125);
}

/// What becomes of this call; counts it.
Action decide(const char* name) {
  const int number = static_cast<int>(calls.size());
  calls.emplace_back(name);
  if (number < plan.call) return Action::proceed;
  const bool first = number == plan.call;
  switch (plan.fault) {
    case Fault::none:
      return Action::proceed;
    case Fault::error:
      return first ? Action::fail : Action::proceed;
    case Fault::error_after:
      return first ? Action::proceed_and_fail : Action::proceed;
    case Fault::broken_disk:
      return Action::fail;
    case Fault::short_write:
      return Action::proceed;
    case Fault::full_disk:
      return !first && calls.back() == "write" ? Action::fail : Action::proceed;
    case Fault::kill_before:
      die();
    case Fault::kill_amid:
    case Fault::kill_after:
      return Action::proceed_and_die;
  }
  return Action::proceed;
}

/// Shall the write that comes now write half?
bool halves_next_write() {
  const bool halving =
      plan.fault == Fault::short_write || plan.fault == Fault::full_disk || plan.fault == Fault::kill_amid;
  return armed && halving && static_cast<int>(calls.size()) == plan.call;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Carries the plan out for a call that returns `failure` when it fails.
template <class Result, class Call>
Result guarded(const char* name, Result failure, Call call, bool always = false) {
  if (!armed) return call();
  Action action = decide(name);
  // A directory that was opened and is reported as not opened would only be lost.
  if (std::is_pointer_v<Result> && action == Action::proceed_and_fail) action = Action::fail;
  const int error = plan.fault == Fault::full_disk ? ENOSPC : plan.error;
  if (action == Action::fail && !always) {
    errno = error;
    return failure;
  }
  const Result result = call();
  if (action == Action::proceed_and_die) die();
  if (action == Action::fail || action == Action::proceed_and_fail) {
    errno = error;
    return failure;
  }
  return result;
}

}  // namespace

void arm_faults(FaultPlan wanted) {
  calls.clear();
  calls.reserve(256);
  plan = wanted;
  armed = true;
}

std::vector<std::string> disarm_faults() {
  armed = false;
  return calls;
}

}  // namespace lockstep::test

using lockstep::test::guarded;
using lockstep::test::next;

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return guarded("open", -1, [&] { return next<int(const char*, int, ...)>("open")(path, flags, mode); });
}

int openat(int directory, const char* path, int flags, ...) {
  std::va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return guarded("openat", -1,
                 [&] { return next<int(int, const char*, int, ...)>("openat")(directory, path, flags, mode); });
}

ssize_t write(int file, const void* bytes, size_t count) {
  const size_t written = count > 1 && lockstep::test::halves_next_write() ? count / 2 : count;
  return guarded("write", ssize_t{-1},
                 [&] { return next<ssize_t(int, const void*, size_t)>("write")(file, bytes, written); });
}

int fsync(int file) {
  return guarded("fsync", -1, [&] { return next<int(int)>("fsync")(file); });
}

int close(int file) {
  return guarded(
      "close", -1, [&] { return next<int(int)>("close")(file); }, true);
}

int rename(const char* from, const char* to) {
  return guarded("rename", -1, [&] { return next<int(const char*, const char*)>("rename")(from, to); });
}

int mkdir(const char* path, mode_t mode) {
  return guarded("mkdir", -1, [&] { return next<int(const char*, mode_t)>("mkdir")(path, mode); });
}

int unlink(const char* path) {
  return guarded("unlink", -1, [&] { return next<int(const char*)>("unlink")(path); });
}

int remove(const char* path) {
  return guarded("remove", -1, [&] { return next<int(const char*)>("remove")(path); });
}

int stat(const char* path, struct stat* status) {
  return guarded("stat", -1, [&] { return next<int(const char*, struct stat*)>("stat")(path, status); });
}

DIR* opendir(const char* path) {
  return guarded("opendir", static_cast<DIR*>(nullptr), [&] { return next<DIR*(const char*)>("opendir")(path); });
}

DIR* fdopendir(int file) {
  return guarded("fdopendir", static_cast<DIR*>(nullptr), [&] { return next<DIR*(int)>("fdopendir")(file); });
}

struct dirent* readdir(DIR* directory) {
  return guarded("readdir", static_cast<struct dirent*>(nullptr),
                 [&] { return next<struct dirent*(DIR*)>("readdir")(directory); });
}

int closedir(DIR* directory) {
  return guarded(
      "closedir", -1, [&] { return next<int(DIR*)>("closedir")(directory); }, true);
}
}
