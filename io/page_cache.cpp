// SPDX-License-Identifier: MIT
// posix_fadvise, mincore, read.
#include "io/page_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "io/file_descriptor.hpp"
#include "io/mapped_region.hpp"

namespace lockstep {
namespace {

[[noreturn]] void fail(const std::string& path, const char* what, int error) {
  throw FileError{path, fmt::format("{} ({})", what, std::generic_category().message(error))};
}

FileDescriptor opened(const std::string& path) {
  FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() < 0) fail(path, "cannot be opened for reading", errno);
  return file;
}

}  // namespace

void drop_from_page_cache(const std::string& path) {
  const FileDescriptor file = opened(path);
  // What is not written yet stays in memory; a file that is not ours to write has nothing unwritten of ours.
  static_cast<void>(::fdatasync(file.get()));
  if (const int error = ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED); error != 0)
    fail(path, "cannot be dropped from the page cache", error);
}

double share_in_page_cache(const std::string& path) {
  const FileDescriptor file = opened(path);
  struct stat status {};
  if (::fstat(file.get(), &status) < 0) fail(path, "cannot be looked at", errno);
  if (status.st_size == 0) return 1;
  const MappedRegion region{path, 0, static_cast<std::uint64_t>(status.st_size)};
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t bytes = static_cast<std::size_t>(status.st_size);
  std::vector<unsigned char> pages((bytes + page_bytes - 1) / page_bytes);
  // The system wants it writable; it only asks.
  if (::mincore(const_cast<std::byte*>(region.data()), bytes, pages.data()) < 0)  // NOLINT(*-const-cast)
    fail(path, "cannot be looked up in the page cache", errno);
  const auto present = std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1U) != 0; });
  return static_cast<double>(present) / static_cast<double>(pages.size());
}

std::uint64_t read_sequentially(const std::string& path) {
  const FileDescriptor file = opened(path);
  std::vector<char> buffer(std::size_t{1} << 20U);
  std::uint64_t bytes = 0;
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path, "cannot be read", errno);
    if (got == 0) return bytes;
    bytes += static_cast<std::uint64_t>(got);
  }
}

}  // namespace lockstep
