// SPDX-License-Identifier: MIT
// Training, from a data set to a model, on all threads and ranks.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/checkpoint.hpp"
#include "core/dataset.hpp"
#include "core/metrics.hpp"
#include "core/model.hpp"
#include "core/train_config.hpp"
#include "parallel/communicator.hpp"
#include "parallel/noise_scale.hpp"

namespace lockstep {

/// Where a run stands, after each step.
struct StepProgress {
  Index epoch = 0;          ///< under way, counted from 1
  Index epochs = 0;         ///< of the run; 0 when steps decide
  Index step_in_epoch = 0;  ///< steps taken of it
  Index steps_per_epoch = 0;
  std::uint64_t step = 0;   ///< steps taken in all
  std::uint64_t steps = 0;  ///< of the run
  double loss = 0;          ///< mean training loss of the step's batch
  double samples_per_second = 0;
};

/// One finished epoch.
struct EpochReport {
  Index epoch = 0;  ///< counted from 1
  std::uint64_t step = 0;
  double learning_rate = 0;  ///< of the last step
  Metrics train;             ///< over the epoch's steps, as they were taken (dropout included)
  std::optional<Metrics> validation;
  NoiseSums noise;     ///< over the epoch's measured steps
  bool best = false;   ///< the best validation loss so far
  double seconds = 0;  ///< of the epoch's training in this process
  double samples_per_second = 0;
};

/// What the caller of `train` sees and decides. Called on every rank's main thread, between steps.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual void on_step(const StepProgress& progress) { (void)progress; }
  /// Returns the record of the epoch that is kept in the checkpoint's history (rank 0's is kept).
  [[nodiscard]] virtual std::string on_epoch(const EpochReport& report) {
    (void)report;
    return {};
  }
  /// True asks to save and stop after this step; one rank suffices.
  [[nodiscard]] virtual bool stop_requested() { return false; }
  /// A state is about to be gathered and copied; what is still held of an earlier one could go now. Rank 0 only.
  virtual void before_save() {}
  /// A complete state to keep, a copy that may be written while training goes on; called on rank 0 only.
  virtual void save(Checkpoint checkpoint) { (void)checkpoint; }
};

/// Shares of a run's time in this process, 0 to 1, on the average of its ranks.
struct WaitingShares {
  double input = 0;          ///< workers gathering samples (reading, waiting, converting), of all workers' time
  double communication = 0;  ///< ranks waiting for one another, and starting transfers: what no computation hides
  double checkpoints = 0;    ///< gathering and copying the state, waiting until the last one is written
};

struct TrainResult {
  Model model;          ///< the best parameters when early stopping is on, else the last
  TrainingState state;  ///< at the end; its history is complete on rank 0, other ranks have their own observer's
  bool interrupted = false;
  std::string hash;                   ///< weights_hash of model
  std::optional<Metrics> validation;  ///< of model, when a part was held out
  std::optional<Metrics> target;      ///< of model, on the samples that the target is about, when there is one
  double seconds = 0;                 ///< of training in this process
  double samples_per_second = 0;
  WaitingShares waiting;
  int ranks = 1;
  int threads = 1;
};

/// The first step after `step` after which a run with a target looks whether it has reached it: 1, 2, ... 20, 21, ...
/// 40, 42, ...: intervals of a twentieth, so that all runs are looked at equally finely for what they need.
[[nodiscard]] std::uint64_t next_look(std::uint64_t step) noexcept;

/// What the target is about: the share of samples whose class is not named, or the RMSE in own units.
[[nodiscard]] double target_error_of(const Metrics& metrics, Task task) noexcept;
/// Whether the target's samples are at the target.
[[nodiscard]] bool reaches_target(const TrainConfig& config, const Metrics& metrics, Task task) noexcept;

/// Every reason why this configuration cannot train on these data on so many ranks, one sentence each. Pure.
[[nodiscard]] std::vector<std::string> problems(const TrainConfig& config, const DatasetInfo& data, int ranks);

/// Every reason why a run of this configuration on these data cannot go on from that state: it belongs to another
/// configuration, network or kind of data, or its parts do not fit one another. Pure.
[[nodiscard]] std::vector<std::string> problems(const Checkpoint& resume, const TrainConfig& config,
                                                const DatasetInfo& data);

/// Every reason why a run of this configuration on these data cannot begin with the weights and the scaling of that
/// model. Its loss and dropout may differ. Pure.
[[nodiscard]] std::vector<std::string> problems(const Model& initial, const TrainConfig& config,
                                                const DatasetInfo& data);

/// Trains. Collective; every rank gets the same result, to the bit, for any number of ranks and threads.
/// With `resume`, goes on from that state; else with `initial`, begins with that model's weights and scaling.
/// Throws RequestError (see problems), DivergenceError, ReplicaError: the states saved before are still good.
[[nodiscard]] TrainResult train(const TrainConfig& config, const Dataset& data, Communicator& communicator,
                                TrainingObserver& observer, std::optional<Checkpoint> resume = std::nullopt,
                                const Model* initial = nullptr);

/// The same on this process alone, silently.
[[nodiscard]] TrainResult train(const TrainConfig& config, const Dataset& data);

}  // namespace lockstep
