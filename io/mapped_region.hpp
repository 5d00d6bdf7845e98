// SPDX-License-Identifier: MIT
// A part of a file, mapped into memory for reading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lockstep {

/// Bytes [offset, offset + bytes) of a file, read-only, shared with every process that maps it. Not copyable.
/// Shortening the file while it is mapped ends the process (SIGBUS): data sets are replaced by renaming, never in
/// place.
class MappedRegion {
 public:
  /// Throws FileError when the file cannot be mapped or ends before the region does (truncated).
  MappedRegion(const std::string& path, std::uint64_t offset, std::uint64_t bytes);
  ~MappedRegion();
  MappedRegion(const MappedRegion&) = delete;
  MappedRegion& operator=(const MappedRegion&) = delete;

  [[nodiscard]] const std::byte* data() const noexcept { return data_; }

  /// From now on a page that is not in memory is read alone, without its neighbours.
  void read_pages_alone() const noexcept;
  /// Whether the page of this byte is in memory, so that reading it is no wait. False where the system
  /// does not say: it tells only those who may write the file.
  [[nodiscard]] bool in_memory(const std::byte* byte) const noexcept;
  /// Begins to read the pages of `bytes` bytes at `first` unless they are in memory; returns at once.
  void begin_to_read(const std::byte* first, std::size_t bytes) const noexcept;

 private:
  [[nodiscard]] std::byte* page_of(const std::byte* byte) const noexcept;

  void* mapping_ = nullptr;
  std::size_t mapping_bytes_ = 0;
  const std::byte* data_ = nullptr;
  bool told_what_is_in_memory_ = false;
};

}  // namespace lockstep
