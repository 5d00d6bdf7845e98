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
  bool weights_lost = false;                      ///< of a finished run no checkpoint can be read; rank 0 only
  std::vector<std::string> remarks;               ///< for people: what is continued, what was passed over
  std::optional<RunLock> lock;                    ///< rank 0 only, to be held until the end
  bool made_directory = false;                    ///< by begin_run, rank 0 only
};

/// Decides on rank 0, without writing, and tells all ranks. Throws AgreedError: the directory is something else's or
/// another run's, or a checkpoint cannot be read, or is not the same on all ranks. Collective.
[[nodiscard]] RunPlan plan_run(const RunDirectory& directory, const RunRequest& request, Communicator& communicator);

/// Prepares the directory on rank 0 for a run that begins or goes on: makes it, locks it, writes config.toml, and
/// metrics.jsonl as of the checkpoint. Throws AgreedError. Collective.
void begin_run(const RunDirectory& directory, const RunRequest& request, RunPlan& plan, Communicator& communicator);

}  // namespace lockstep
