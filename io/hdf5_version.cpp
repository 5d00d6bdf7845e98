// SPDX-License-Identifier: MIT
#include "io/hdf5_version.hpp"

#include <fmt/format.h>

#include "io/hdf5_handle.hpp"

namespace lockstep {

std::string hdf5_version() {
  const Hdf5Lock lock;
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

}  // namespace lockstep
