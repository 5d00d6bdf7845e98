// SPDX-License-Identifier: MIT
// What the command does while a run goes on: shows it, records it, keeps its checkpoints, listens to signals.
#pragma once

#include <memory>
#include <optional>

#include "apps/console.hpp"
#include "apps/epoch_table.hpp"
#include "apps/progress.hpp"
#include "apps/run_directory.hpp"
#include "io/checkpoint_directory.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {

class RunObserver final : public TrainingObserver {
 public:
  struct Form {
    Task task = Task::classification;
    std::vector<std::string> target_names;
    Index epochs = 0;  ///< of the run; 0: steps decide
    bool validation = false;
  };
  /// `directory` is null on all ranks but the first.
  RunObserver(Console& console, const Form& form, const RunDirectory* directory);

  void on_step(const StepProgress& progress) override;
  [[nodiscard]] std::string on_epoch(const EpochReport& report) override;
  [[nodiscard]] bool stop_requested() override;
  void save(const Checkpoint& checkpoint) override;

 private:
  Console& console_;
  Form form_;
  const RunDirectory* directory_;
  EpochTable table_;
  bool heading_shown_ = false;
  std::optional<Progress> progress_;
  std::optional<CheckpointDirectory> checkpoints_;
};

}  // namespace lockstep
