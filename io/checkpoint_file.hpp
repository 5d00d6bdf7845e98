// SPDX-License-Identifier: MIT
// Checkpoints on disk: one HDF5 file, one complete state, as FORMAT.md specifies it.
#pragma once

#include <string>

#include "core/checkpoint.hpp"
#include "core/error.hpp"

namespace lockstep {

/// The bytes of a file are not those of a checkpoint, or no longer: foreign, truncated, changed, or not to be got from
/// the disk. Another checkpoint has to do; whether there is one, the caller knows. (Any other FileError while reading
/// means that the file may be sound, but not for this program or this user.)
class DamagedCheckpoint : public FileError {
 public:
  using FileError::FileError;
};

/// Writes beside `path`, flushes to disk, renames, flushes the directory: `path` is always absent, the old file or
/// the new one, whole. Throws FileError; then `path` is what it was (when only the directory could not be flushed: the
/// new file). Makes one more copy of the state in memory. Safe to call from any thread.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint);

/// Reads and checks everything: the checksum of the whole, the format version, shapes, the checksum of each data set.
/// Throws DamagedCheckpoint that says what is wrong; FileError when the file is not there, may not be read, or is of
/// another format version or number type. Never crashes, whatever the bytes.
[[nodiscard]] Checkpoint read_checkpoint(const std::string& path);

}  // namespace lockstep
