// SPDX-License-Identifier: MIT
// An open HDF5 file and its groups.
#pragma once

#include <string>
#include <string_view>

#include "io/hdf5_handle.hpp"

namespace lockstep {

/// An HDF5 file and the path that messages name. Movable; safe to use from many threads.
class Hdf5File {
 public:
  /// Opens for reading, without locking the file. Throws FileError: not there, empty, not HDF5, truncated, damaged;
  /// `advice` ends the sentence.
  [[nodiscard]] static Hdf5File open(const std::string& path, std::string_view advice);
  /// Creates the file that will be `path`, under its temporary name (see durable_file.hpp), in the newest format that
  /// HDF5 1.10 knows, whose metadata carry checksums.
  [[nodiscard]] static Hdf5File create_temporary(const std::string& path);
  /// A file that lives in memory only (see `image`), with `user_block` bytes (a power of two from 512) left to the
  /// caller in front. `expected_bytes` spares it growing step by step.
  [[nodiscard]] static Hdf5File create_in_memory(const std::string& path, std::size_t user_block,
                                                 std::size_t expected_bytes);

  [[nodiscard]] hid_t id() const noexcept { return file_.get(); }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// True when `name` ("/features", "/a/b") leads to an object.
  [[nodiscard]] bool has(std::string_view name) const;
  /// Creates group `name` and those above it, where they are not there.
  void require_group(const std::string& name) const;
  /// The length of an opened file. Throws FileError.
  [[nodiscard]] std::size_t bytes() const;
  /// The bytes of a file created in memory, user block included; they live as long as it is open and unchanged.
  [[nodiscard]] std::string_view image() const;
  /// Writes everything out and closes. Throws FileError.
  void close();

 private:
  Hdf5File(std::string path, Hdf5FileHandle file) : path_{std::move(path)}, file_{std::move(file)} {}
  std::string path_;
  Hdf5FileHandle file_;
};

}  // namespace lockstep
