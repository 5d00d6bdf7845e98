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

  /// Writes the state and removes all but the `keep` newest.
  void save(const Checkpoint& checkpoint, int keep = 2);

  struct Newest {
    std::optional<Checkpoint> checkpoint;
    std::string path;
    std::vector<std::string> rejected;  ///< why newer files were passed over, a sentence each
  };
  /// The newest valid checkpoint, or none.
  [[nodiscard]] Newest newest() const;

 private:
  std::string path_;
};

}  // namespace lockstep
