// SPDX-License-Identifier: MIT
// Where a model comes from: a checkpoint, or a run directory.
#pragma once

#include <string>

#include "core/checkpoint.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

struct LoadedCheckpoint {
  Checkpoint checkpoint;
  std::string path;  ///< of the file
};

/// Reads a checkpoint, or the newest valid one of a run directory: of a finished run, the final model (with early
/// stopping the best). Throws FileError; RequestError when a directory holds none.
[[nodiscard]] LoadedCheckpoint load_checkpoint(const std::string& path);

/// The same on every rank; all agree on the file. Throws AgreedError. Collective.
[[nodiscard]] LoadedCheckpoint load_checkpoint(const std::string& path, Communicator& communicator);

}  // namespace lockstep
