// SPDX-License-Identifier: MIT
// Checkpoints on disk: one HDF5 file, one complete state, as FORMAT.md specifies it.
#pragma once

#include <string>

#include "core/checkpoint.hpp"

namespace lockstep {

/// Writes beside `path`, flushes to disk, renames, flushes the directory: `path` is always absent, the old file or
/// the new one, whole. Throws FileError; then `path` is what it was (when only the directory could not be flushed: the
/// new file). Makes one more copy of the state in memory. Safe to call from any thread.
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint);

/// Reads and checks everything: format version, shapes, the checksum of each data set and of the whole.
/// Throws FileError that says what is damaged. Never crashes, whatever the bytes.
[[nodiscard]] Checkpoint read_checkpoint(const std::string& path);

}  // namespace lockstep
