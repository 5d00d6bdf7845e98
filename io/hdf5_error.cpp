// SPDX-License-Identifier: MIT
// HDF5's lock, and its error stack as sentences.
#include "io/hdf5_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/error.hpp"
#include "io/hdf5_handle.hpp"

namespace lockstep {
namespace {

std::recursive_mutex& hdf5_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

herr_t keep_first(unsigned /*index*/, const H5E_error2_t* entry, void* text) {
  auto& reason = *static_cast<std::string*>(text);
  if (reason.empty() && entry->desc != nullptr) reason = entry->desc;
  return 0;
}

/// The system's message inside HDF5's, which also lists descriptors, buffers and sizes.
std::string system_message_in(const std::string& reason) {
  constexpr std::string_view opening = "error message = '";
  const std::size_t begin = reason.find(opening);
  if (begin == std::string::npos) return reason;
  const std::size_t end = reason.find('\'', begin + opening.size());
  return reason.substr(begin + opening.size(), end - begin - opening.size());
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_{hdf5_mutex()} {
  // A file whose last bytes cannot be written (full disk) cannot be closed either, and HDF5 1.10 crashes when it tries
  // again at the end of the process. Every file of ours is closed by its owner, so nothing is left to do then.
  static const bool no_cleanup_at_exit = H5dont_atexit() >= 0;
  static_cast<void>(no_cleanup_at_exit);
  // Where HDF5 is built for threads, each thread has a printer of its own.
  thread_local const bool silenced = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(silenced);
}

std::string hdf5_reason() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &reason);
  return system_message_in(reason);
}

void throw_hdf5_failure(const std::string& path, std::string_view action) {
  const std::string reason = hdf5_reason();
  const std::size_t end = std::min(action.find(';'), action.size());
  const bool limited = reason == std::generic_category().message(EFBIG);  // by the user's shell, not by the disk
  throw FileError{
      path, fmt::format("cannot {}{}{}", action.substr(0, end), reason.empty() ? "" : fmt::format(" ({})", reason),
                        limited ? "; raise the limit on the size of files (ulimit -f)" : action.substr(end))};
}

}  // namespace lockstep
