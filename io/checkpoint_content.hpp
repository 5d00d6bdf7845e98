// SPDX-License-Identifier: MIT
// The HDF5 part of a checkpoint: groups /configuration, /model, /parameters, /optimizer, /training, /best.
#pragma once

#include "core/checkpoint.hpp"
#include "io/hdf5_file.hpp"

namespace lockstep {

/// The attribute of each data set that holds the checksum of its elements' bytes.
inline constexpr const char* checksum_attribute = "xxh3_128";

/// Writes everything into an empty file. Throws FileError.
void write_checkpoint_content(const Hdf5File& file, const Checkpoint& checkpoint);

/// Reads everything, compares each array's shape with the network's and its bytes with its checksum. Throws FileError.
[[nodiscard]] Checkpoint read_checkpoint_content(const Hdf5File& file);

}  // namespace lockstep
