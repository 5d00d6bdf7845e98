// SPDX-License-Identifier: MIT
// Where a model comes from: a checkpoint, or a run directory.
#pragma once

#include <string>
#include <vector>

#include "apps/console.hpp"
#include "core/checkpoint.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

struct LoadedCheckpoint {
  Checkpoint checkpoint;
  std::string path;                   ///< of the file
  std::vector<std::string> rejected;  ///< damaged newer files that were passed over, a sentence each
};

/// Where checkpoints lie that `path` names: a run directory's folder of them, or a folder of them itself; "" when
/// `path` is no directory. Throws FileError when that cannot be told.
[[nodiscard]] std::string checkpoint_folder(const std::string& path);

/// The files to look at in such a folder: its steps, newest first, and best.h5 where there is one. Throws FileError.
[[nodiscard]] std::vector<std::string> checkpoints_in(const std::string& folder);

/// What to say of a directory without any.
[[nodiscard]] std::string no_checkpoint_in(const std::string& path);

/// What to do about damaged checkpoints of a folder: the first of checkpoints_in(folder) that is whole, by name, or
/// what else there is to do.
[[nodiscard]] std::string way_out_of_damage(const std::string& folder);

/// Reads a checkpoint, or the newest valid one of a run directory: of a finished run, the final model (with early
/// stopping the best). Throws FileError; RequestError when a directory holds none.
[[nodiscard]] LoadedCheckpoint load_checkpoint(const std::string& path);

/// The same on every rank; all agree on the file, and damaged newer ones are warned of. Throws AgreedError. Collective.
[[nodiscard]] LoadedCheckpoint load_checkpoint(const std::string& path, Communicator& communicator, Console& console);

}  // namespace lockstep
