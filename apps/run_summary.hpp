// SPDX-License-Identifier: MIT
// The end of a run: summary.json, and the same as a few lines for people.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "apps/run_request.hpp"
#include "parallel/mpi_environment.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {

/// "784-300-100-10": inputs, hidden units, outputs.
[[nodiscard]] std::string network_shape(const NetworkSpec& spec);

/// What there is to say about a finished run.
struct FinishedRun {
  const RunRequest& request;
  const TrainResult& result;
  const std::optional<Metrics>& test;
  std::optional<std::uint64_t> continued_after_step;  ///< where this process took the run up
  double wall_seconds = 0;                            ///< of this process, from start to end
};

[[nodiscard]] nlohmann::ordered_json run_summary(const FinishedRun& run, const MpiEnvironment& mpi);

/// A table of losses and figures, the hash, where things lie, and, unless its weights are lost, commands to go on with.
[[nodiscard]] std::string summary_text(const nlohmann::ordered_json& summary, const RunRequest& request,
                                       bool has_weights = true);

}  // namespace lockstep
