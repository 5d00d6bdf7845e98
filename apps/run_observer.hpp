// SPDX-License-Identifier: MIT
// What the command does while a run goes on: shows it, records it, keeps its checkpoints, listens to signals.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "apps/console.hpp"
#include "apps/epoch_table.hpp"
#include "apps/progress.hpp"
#include "apps/run_directory.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {

/// A checkpoint or a line of metrics that cannot be written is a warning: the run goes on, and what is newest stays.
///
/// Checkpoints are written in the background, one at a time: training waits only when the next is due before the last
/// is written. Destruction waits for the one under way.
class RunObserver final : public TrainingObserver {
 public:
  struct Form {
    Task task = Task::classification;
    std::vector<std::string> target_names;
    Index epochs = 0;  ///< of the run; 0: steps decide
    bool validation = false;
    bool noise_scale = false;                            ///< is measured
    int keep = 2;                                        ///< newest checkpoints
    std::function<void(const StepProgress&)> on_step{};  ///< told of every step instead of a bar; may be empty
  };
  /// `directory` is null on all ranks but the first. `saved_step`: that of the checkpoint that the run goes on from.
  RunObserver(Console& console, const Form& form, const RunDirectory* directory,
              std::optional<std::uint64_t> saved_step);
  ~RunObserver() override;
  RunObserver(const RunObserver&) = delete;
  RunObserver& operator=(const RunObserver&) = delete;

  void on_step(const StepProgress& progress) override;
  [[nodiscard]] std::string on_epoch(const EpochReport& report) override;
  [[nodiscard]] bool stop_requested() override;
  void before_save() override;
  void save(Checkpoint checkpoint) override;

  /// Why the last state could not be saved, and what there is instead; "" when it was. Rank 0 only. Waits for it.
  [[nodiscard]] std::string fault();
  /// The step of the newest checkpoint. Waits for it.
  [[nodiscard]] std::optional<std::uint64_t> saved_step();
  /// Writes what the end of the run leaves; returns what could not be written, and what to do, or "". Rank 0 only.
  [[nodiscard]] std::string record_end(const nlohmann::ordered_json& summary,
                                       const std::vector<std::string>& history) const;

 private:
  /// What came of writing a state.
  struct Saved {
    std::uint64_t step = 0;
    std::string problem;       ///< why it could not be written, or ""
    std::string best_problem;  ///< why the weights of the best epoch could not, or ""
    Index best_epoch = 0;      ///< whose weights were written; 0: none were
  };
  /// In the background: touches nothing that the main thread changes meanwhile.
  [[nodiscard]] Saved write(const Checkpoint& checkpoint) const;
  [[nodiscard]] bool is_writing() const;
  void finish_saving();
  void note(const Saved& saved);

  Console& console_;
  Form form_;
  const RunDirectory* directory_;
  EpochTable table_;
  bool heading_shown_ = false;
  std::optional<Progress> progress_;
  std::optional<std::uint64_t> saved_step_;
  std::uint64_t failed_step_ = 0;
  std::string save_problem_;
  bool metrics_failed_ = false;
  Index best_epoch_saved_ = 0;
  std::future<Saved> saving_;  ///< last: what it uses outlives it
};

}  // namespace lockstep
