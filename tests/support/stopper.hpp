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
class Stopper : public TrainingObserver {
 public:
  explicit Stopper(std::uint64_t after = std::numeric_limits<std::uint64_t>::max()) : after_{after} {}
  void on_step(const StepProgress& progress) override { steps_ = progress.step; }
  [[nodiscard]] std::string on_epoch(const EpochReport& report) override {
    return "epoch " + std::to_string(report.epoch);
  }
  [[nodiscard]] bool stop_requested() override { return steps_ + 1 >= after_; }
  void save(Checkpoint checkpoint) override { saved = std::move(checkpoint); }
  std::optional<Checkpoint> saved;

 private:
  std::uint64_t after_;
  std::uint64_t steps_ = 0;
};

}  // namespace lockstep::test
