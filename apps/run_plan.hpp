// SPDX-License-Identifier: MIT
// What is to be done in a run directory: begin, go on, or nothing.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/run_directory.hpp"
#include "core/checkpoint.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

struct RunPlan {
  bool finished = false;                          ///< the run is over: `summary` says how it ended
  std::optional<nlohmann::ordered_json> summary;  ///< rank 0 only
  std::optional<Checkpoint> resume;               ///< where to go on
  std::vector<std::string> remarks;               ///< for people: what is continued, what was passed over
  std::optional<RunLock> lock;                    ///< rank 0 only, to be held until the end
};

/// Decides on rank 0, prepares the directory there (config.toml, metrics.jsonl as of the checkpoint) and tells all
/// ranks. Throws AgreedError: the directory is something else's or another run's, or a checkpoint cannot be read.
/// Collective.
[[nodiscard]] RunPlan plan_run(const RunDirectory& directory, const RunRequest& request, Communicator& communicator);

}  // namespace lockstep
