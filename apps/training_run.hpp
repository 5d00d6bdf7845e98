// SPDX-License-Identifier: MIT
// One run from its request to its summary, on the ranks of one communicator: what `lockstep train` does once, and a
// study many times.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apps/console.hpp"
#include "apps/run_request.hpp"
#include "core/dataset.hpp"
#include "parallel/mpi_environment.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {

/// The ranks that train, and before whom they do.
struct RunPlace {
  Communicator& communicator;
  Console& console;
  MpiEnvironment& mpi;
  /// Told of every step, on every rank, in place of a bar on the console; may be empty.
  std::function<void(const StepProgress&)> on_step{};
  std::string profile{};  ///< path of a trace of a few steps, or ""
};

/// What a run reads, open on every rank.
struct RunData {
  std::shared_ptr<const Dataset> train;
  std::shared_ptr<const Dataset> test;  ///< null: none
  bool known_finite = false;            ///< all features were looked at before
};

/// Opens the data that the request names and completes its configuration for them. Throws AgreedError with `problems`
/// and all that is wrong besides: data that cannot be read or do not fit each other or the configuration, instructions
/// that a rank has not. Notes settings without effect. `run_ranks` will train it; 0: all. Collective.
[[nodiscard]] RunData open_run_data(RunRequest& request, std::vector<std::string> problems, RunPlace place,
                                    int run_ranks = 0);

/// Says in the request what the data are, the same on all ranks. Collective.
void identify_run_data(RunRequest& request, const RunData& data, Communicator& communicator);

/// Threads of this rank for `config`, and a warning of what will be slow. Throws AgreedError when the hosts' memory
/// cannot hold the network. `place.communicator` is all ranks. Collective.
[[nodiscard]] int placed_threads(const TrainConfig& config, const DatasetInfo& data, RunPlace place);

/// How a run came out.
struct RunEnd {
  enum class How { finished, finished_before, interrupted, diverged };
  How how = How::finished;
  nlohmann::ordered_json summary;    ///< of a finished run; rank 0 only
  std::vector<std::string> reasons;  ///< of divergence, and what is left of the run; rank 0 only, but for the first
  bool weights_lost = false;         ///< of a run finished before no checkpoint can be read; rank 0 only
  std::string hash;                  ///< of the weights, unless finished before or diverged
  std::uint64_t step = 0;            ///< where it was interrupted
  Index epoch = 0;
};

/// Trains in the directory that the request names: begins, goes on, or finds the run finished; tests, and writes the
/// summary. `config` is the request's with the number of threads settled; `start` is when work on it began. StopSignals
/// are looked at. Throws AgreedError and AgreedFault, on the ranks of `place.communicator`. Collective over them.
[[nodiscard]] RunEnd carry_out(const RunRequest& request, const TrainConfig& config, const RunData& data,
                               RunPlace place, std::chrono::steady_clock::time_point start);

}  // namespace lockstep
