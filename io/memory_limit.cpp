// SPDX-License-Identifier: MIT
// The machine's memory.
#include "io/memory_limit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"

namespace lockstep {

void require_memory(Index bytes, const std::string& path, std::string_view what) {
  const Index memory_bytes =
      static_cast<Index>(::sysconf(_SC_PHYS_PAGES)) * static_cast<Index>(::sysconf(_SC_PAGESIZE));
  if (bytes <= memory_bytes) return;
  throw FileError{path, fmt::format("{} takes {} bytes and this machine has {}; the file is damaged, or needs a larger "
                                    "machine",
                                    what, bytes, memory_bytes)};
}

}  // namespace lockstep
