// SPDX-License-Identifier: MIT
// The machine's memory.
#include "io/memory_limit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "core/error.hpp"

namespace lockstep {
namespace {

/// The limit in that file; "max", or no file, is none.
double limit_in(const std::string& path, double otherwise) {
  std::ifstream file{path};
  double limit = 0;
  return file >> limit ? std::min(limit, otherwise) : otherwise;
}

}  // namespace

double memory_bytes() {
  double bytes = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  // Inside a container our group is the root of what is mounted; outside its path is told, "0::/a/b" or
  // "4:memory:/a/b".
  bytes = limit_in("/sys/fs/cgroup/memory.max", bytes);
  bytes = limit_in("/sys/fs/cgroup/memory/memory.limit_in_bytes", bytes);
  std::ifstream groups{"/proc/self/cgroup"};
  for (std::string line; std::getline(groups, line);) {
    const std::size_t path = line.rfind(':') + 1;
    if (line.starts_with("0::")) bytes = limit_in("/sys/fs/cgroup" + line.substr(path) + "/memory.max", bytes);
    if (line.find(":memory:") != std::string::npos)
      bytes = limit_in("/sys/fs/cgroup/memory" + line.substr(path) + "/memory.limit_in_bytes", bytes);
  }
  return bytes;
}

void require_memory(Index bytes, const std::string& path, std::string_view what) {
  const Index memory_bytes =
      static_cast<Index>(::sysconf(_SC_PHYS_PAGES)) * static_cast<Index>(::sysconf(_SC_PAGESIZE));
  if (bytes <= memory_bytes) return;
  throw FileError{path, fmt::format("{} takes {} bytes and this machine has {}; the file is damaged, or needs a larger "
                                    "machine",
                                    what, bytes, memory_bytes)};
}

}  // namespace lockstep
