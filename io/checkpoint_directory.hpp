// SPDX-License-Identifier: MIT
// The checkpoints of one run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint.hpp"

namespace lockstep {

/// DIR/step-000000001234.h5, newest last. One process writes at a time.
class CheckpointDirectory {
 public:
  explicit CheckpointDirectory(std::string path);

  /// Makes the directory if need be, writes the state, and removes all but the `keep` newest up to this step, and what
  /// killed writers left. Files of later steps stay (a run that went back behind them found them damaged) and do not
  /// count. Throws FileError; the newest valid checkpoint is then the one before or, when only the directory could not
  /// be flushed or listed, this one.
  void save(const Checkpoint& checkpoint, int keep = 2);

  struct Newest {
    std::optional<Checkpoint> checkpoint;
    std::string path;
    std::vector<std::string> rejected;  ///< damaged newer files that were passed over, a sentence each
  };
  /// The newest valid checkpoint, or none. Throws FileError when the directory cannot be listed, and when a file is
  /// reached that is not damaged but cannot be used here (no permission, another format version or number type): to
  /// pass over it would silently lose what it holds.
  [[nodiscard]] Newest newest() const;

  /// Paths of all checkpoints, whole or not, newest first. Throws FileError.
  [[nodiscard]] std::vector<std::string> files() const;

 private:
  std::string path_;
};

}  // namespace lockstep
