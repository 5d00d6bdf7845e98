// SPDX-License-Identifier: MIT
// train --profile: what every worker of every rank does in a few steps, as a Chrome trace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"
#include "parallel/trace.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {

/// Passes everything on to another observer, and records five steps of this process's run: not the first ten, where
/// so many come, for caches and threads are cold then.
class Profile final : public TrainingObserver {
 public:
  /// Nothing is recorded when `path` is empty. Collective otherwise: clocks of all ranks are compared.
  Profile(std::string path, TrainingObserver& other, Communicator& communicator);

  void on_step(const StepProgress& progress) override;
  [[nodiscard]] std::string on_epoch(const EpochReport& report) override { return other_.on_epoch(report); }
  [[nodiscard]] bool stop_requested() override { return other_.stop_requested(); }
  void before_save() override { other_.before_save(); }
  void save(Checkpoint checkpoint) override { other_.save(std::move(checkpoint)); }

  /// Rank 0 writes the events of all ranks; returns how many steps were recorded, 0 when there is nothing to write.
  /// `layers`: their names, by number. Throws FileError. Collective.
  [[nodiscard]] std::uint64_t write(const std::vector<std::string>& layers, Communicator& communicator);

 private:
  void start();
  void stop();
  void follow(const StepProgress& progress);

  std::string path_;
  TrainingObserver& other_;
  bool recording_ = false;
  std::uint64_t steps_ = 0;     ///< of this process
  std::uint64_t recorded_ = 0;  ///< of them
  std::int64_t zero_ = 0;       ///< this rank's clock at the moment that all ranks count from
  std::vector<ThreadTrace> traces_;
};

}  // namespace lockstep
