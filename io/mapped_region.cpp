// SPDX-License-Identifier: MIT
// Mapping parts of files.
#include "io/mapped_region.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/error.hpp"
#include "io/file_descriptor.hpp"

namespace lockstep {

MappedRegion::MappedRegion(const std::string& path, std::uint64_t offset, std::uint64_t bytes) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) < 0) {
    throw FileError{path, fmt::format("cannot be opened for reading ({})", std::generic_category().message(errno))};
  }
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  if (offset > file_bytes || bytes > file_bytes - offset) {
    throw FileError{path, fmt::format("the file is truncated: it has {} bytes and its features end at byte {}; copy it "
                                      "again, or make it again",
                                      file_bytes, offset + bytes)};
  }
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t begin = offset / page_bytes * page_bytes;
  mapping_bytes_ = static_cast<std::size_t>(offset - begin + bytes);
  void* mapping = ::mmap(nullptr, mapping_bytes_, PROT_READ, MAP_SHARED, file.get(), static_cast<off_t>(begin));
  if (mapping == MAP_FAILED) {
    throw FileError{path, fmt::format("cannot be mapped into memory ({})", std::generic_category().message(errno))};
  }
  mapping_ = mapping;
  data_ = static_cast<const std::byte*>(mapping) + (offset - begin);
  told_what_is_in_memory_ = ::access(path.c_str(), W_OK) == 0;
}

// Advice that the system does not take changes nothing but the speed.
void MappedRegion::read_pages_alone() const noexcept {
  static_cast<void>(::madvise(mapping_, mapping_bytes_, MADV_RANDOM));
}

std::byte* MappedRegion::page_of(const std::byte* byte) const noexcept {
  static const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  auto* mapping = static_cast<std::byte*>(mapping_);
  return mapping + static_cast<std::size_t>(byte - mapping) / page_bytes * page_bytes;
}

bool MappedRegion::in_memory(const std::byte* byte) const noexcept {
  unsigned char present = 0;
  return told_what_is_in_memory_ && ::mincore(page_of(byte), 1, &present) == 0 && (present & 1U) != 0;
}

void MappedRegion::begin_to_read(const std::byte* first, std::size_t bytes) const noexcept {
  std::byte* const begin = page_of(first);
  static_cast<void>(::madvise(begin, static_cast<std::size_t>(first - begin) + bytes, MADV_WILLNEED));
}

MappedRegion::~MappedRegion() { ::munmap(mapping_, mapping_bytes_); }

}  // namespace lockstep
