// SPDX-License-Identifier: MIT
// The bytes of a file from first to last, gzip undone on the way.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace lockstep {

/// Reads a plain or gzip-compressed file (told apart by its first bytes) in bounded memory. One thread at a time.
class ByteSource {
 public:
  /// Throws FileError like require_readable.
  explicit ByteSource(std::string path);
  ~ByteSource();
  ByteSource(ByteSource&&) noexcept;
  ByteSource& operator=(ByteSource&&) noexcept;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Fills `into` unless the file ends before, and returns how many bytes it got.
  /// Throws FileError when the file cannot be read or its compressed data are damaged or cut short.
  std::size_t read(std::span<char> into);

  /// How much of the file, as it lies on disk, has been read: 0 to 1. For progress.
  [[nodiscard]] double fraction() const;

 private:
  struct Stream;
  std::string path_;
  std::unique_ptr<Stream> stream_;
};

}  // namespace lockstep
