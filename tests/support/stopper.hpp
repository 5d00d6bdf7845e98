// SPDX-License-Identifier: MIT
// An observer of training that stops it and keeps what was saved.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "parallel/trainer.hpp"

namespace lockstep::test {

/// Stops after some steps (never, unless said) and keeps what was saved.
class Stopper final : public TrainingObserver {
 public:
  explicit Stopper(std::uint64_t after = std::numeric_limits<std::uint64_t>::max()) : after_{after} {}
  void on_step(const StepProgress& progress) override { steps_ = progress.step; }
  [[nodiscard]] std::string on_epoch(const EpochReport& report) override {
    return "epoch " + std::to_string(report.epoch);
  }
  [[nodiscard]] bool stop_requested() override { return steps_ + 1 >= after_; }
  void save(const Checkpoint& checkpoint) override {
    saved = Checkpoint{.configuration = checkpoint.configuration, .model = clone(checkpoint.model), .state = {}};
    saved->state.step = checkpoint.state.step;
    saved->state.epoch = checkpoint.state.epoch;
    saved->state.step_in_epoch = checkpoint.state.step_in_epoch;
    saved->state.finished = checkpoint.state.finished;
    saved->state.epoch_sums = checkpoint.state.epoch_sums;
    saved->state.history = checkpoint.state.history;
    for (const AlignedBuffer& buffer : checkpoint.state.optimizer) saved->state.optimizer.push_back(buffer.clone());
    if (checkpoint.state.best)
      saved->state.best = BestSoFar{.loss = checkpoint.state.best->loss,
                                    .epoch = checkpoint.state.best->epoch,
                                    .parameters = checkpoint.state.best->parameters.clone()};
  }
  std::optional<Checkpoint> saved;

 private:
  std::uint64_t after_;
  std::uint64_t steps_ = 0;
};

}  // namespace lockstep::test
