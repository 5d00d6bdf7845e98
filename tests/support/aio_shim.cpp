// SPDX-License-Identifier: MIT
// The C library's `syscall`, with a look at the faults first.
#include "support/aio_shim.hpp"

#include <dlfcn.h>
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>

namespace lockstep::test {
namespace {

AioFaults wanted;

long failed(int error) {
  errno = error;
  return -1;
}

void falsify(io_event* events, long count) {
  for (long k = 0; k < count; ++k) {
    if (events[k].data == 0 && wanted.result_of_first) events[k].res = *wanted.result_of_first;
    if (wanted.result_of_all) events[k].res = *wanted.result_of_all;
  }
}

}  // namespace

void set_aio_faults(const AioFaults& faults) { wanted = faults; }

}  // namespace lockstep::test

extern "C" long syscall(long number, ...) noexcept {
  using namespace lockstep::test;
  using Syscall = long(long, ...);
  static auto* const ordinary = reinterpret_cast<Syscall*>(::dlsym(RTLD_NEXT, "syscall"));
  std::va_list rest;
  va_start(rest, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_io_submit && wanted.submit_error != 0) return failed(wanted.submit_error);
  if (number == SYS_io_getevents && wanted.wait_error != 0) return failed(wanted.wait_error);
  const long result =
      ordinary(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  if (number == SYS_io_getevents) falsify(reinterpret_cast<io_event*>(arguments[3]), result);
  return result;
}
