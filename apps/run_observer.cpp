// SPDX-License-Identifier: MIT
// Turning reports of the trainer into lines.
#include "apps/run_observer.hpp"

#include <fmt/format.h>

#include "apps/metrics_report.hpp"
#include "apps/stop_signal.hpp"
#include "apps/table.hpp"

namespace lockstep {

RunObserver::RunObserver(Console& console, const Form& form, const RunDirectory* directory)
    : console_{console}, form_{form}, directory_{directory}, table_{form.task, form.epochs, form.validation} {
  if (directory_ != nullptr) checkpoints_.emplace(directory_->checkpoints());
}

void RunObserver::on_step(const StepProgress& progress) {
  if (!console_.interactive()) return;
  const auto steps = static_cast<double>(progress.steps);
  if (!progress_) progress_.emplace(console_, "train", steps, static_cast<double>(progress.step) - 1);
  progress_->set_title(progress.epochs > 0 ? fmt::format("epoch {}/{}", progress.epoch, progress.epochs)
                                           : fmt::format("step {}/{}", progress.step, progress.steps));
  progress_->update(
      static_cast<double>(progress.step),
      fmt::format("loss {}  {} samples/s", short_number(progress.loss), with_thousands(progress.samples_per_second)));
}

std::string RunObserver::on_epoch(const EpochReport& report) {
  if (directory_ == nullptr) return {};
  nlohmann::ordered_json record;
  record["epoch"] = report.epoch;
  record["step"] = report.step;
  record["learning_rate"] = report.learning_rate;
  add_metrics(record, "train_", form_.task, report.train, form_.target_names);
  if (report.validation) {
    add_metrics(record, "validation_", form_.task, *report.validation, form_.target_names);
    record["best"] = report.best;
  }
  record["seconds"] = report.seconds;
  record["samples_per_second"] = report.samples_per_second;
  std::string line = record.dump();
  directory_->append_metrics(line);

  if (!heading_shown_) console_.out(table_.heading());
  heading_shown_ = true;
  if (table_.shows(report.epoch)) console_.out(table_.row(report));
  return line;
}

bool RunObserver::stop_requested() { return !StopSignals::received().empty(); }

void RunObserver::save(const Checkpoint& checkpoint) {
  if (checkpoints_) checkpoints_->save(checkpoint);
}

}  // namespace lockstep
