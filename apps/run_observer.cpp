// SPDX-License-Identifier: MIT
// Turning reports of the trainer into lines.
#include "apps/run_observer.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/metrics_report.hpp"
#include "apps/stop_signal.hpp"
#include "apps/table.hpp"
#include "core/error.hpp"
#include "io/checkpoint_directory.hpp"
#include "io/checkpoint_file.hpp"

namespace lockstep {
namespace {

/// The best weights so far, as the result of a run that was over with their epoch.
Checkpoint best_state(const Checkpoint& checkpoint) {
  const TrainingState& state = checkpoint.state;
  Checkpoint best{.configuration = checkpoint.configuration, .model = clone(checkpoint.model), .state = {}};
  best.model.parameters = state.best->parameters.clone();
  best.state.epoch = state.best->epoch;
  best.state.history.assign(state.history.begin(), state.history.begin() + state.best->epoch);
  best.state.step = nlohmann::json::parse(best.state.history.back()).at("step");
  best.state.finished = true;  // nothing goes on from here: there is no state of the optimizer
  return best;
}

/// Both parts too, so that a reader can average them over more epochs before dividing.
void add_noise(nlohmann::ordered_json& record, const NoiseSums& noise) {
  const auto number = [](std::optional<double> value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
  };
  const bool measured = noise.steps > 0;
  record["noise_scale"] = number(noise.scale());
  record["gradient_variance"] = number(measured ? std::optional{noise.variance / noise.steps} : std::nullopt);
  record["gradient_square"] = number(measured ? std::optional{noise.signal / noise.steps} : std::nullopt);
}

}  // namespace

RunObserver::RunObserver(Console& console, const Form& form, const RunDirectory* directory,
                         std::optional<std::uint64_t> saved_step)
    : console_{console},
      form_{form},
      directory_{directory},
      table_{form.task, form.epochs, form.validation},
      saved_step_{saved_step} {}

RunObserver::~RunObserver() {
  try {
    finish_saving();  // whatever ended the run, what could not be written is said
  } catch (const std::exception&) {
    return;  // a console that fails while something else is thrown
  }
}

void RunObserver::on_step(const StepProgress& progress) {
  if (!is_writing()) finish_saving();
  if (form_.on_step) return form_.on_step(progress);
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
  if (form_.noise_scale) add_noise(record, report.noise);
  record["seconds"] = report.seconds;
  record["samples_per_second"] = report.samples_per_second;
  std::string line = record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  try {
    if (!metrics_failed_) directory_->append_metrics(line);
  } catch (const Error& failure) {
    // The checkpoint keeps every line; the file is written anew at the end.
    metrics_failed_ = true;
    console_.note(fmt::format("warning: {}; training goes on", failure.what()));
  }

  if (!heading_shown_) console_.out(table_.heading());
  heading_shown_ = true;
  if (table_.shows(report.epoch)) console_.out(table_.row(report));
  return line;
}

bool RunObserver::stop_requested() { return !StopSignals::received().empty(); }

void RunObserver::before_save() { finish_saving(); }

void RunObserver::save(Checkpoint checkpoint) {
  if (directory_ == nullptr) return;
  finish_saving();
  const auto state = std::make_shared<const Checkpoint>(std::move(checkpoint));
  // Not a temporary: where no thread can be had, libstdc++ moves it a second time. It is then written at once.
  const auto job = [this, state] { return write(*state); };
  saving_ = std::async(std::launch::async | std::launch::deferred, job);
  if (saving_.wait_for(std::chrono::seconds{0}) == std::future_status::deferred) finish_saving();
}

bool RunObserver::is_writing() const {
  return saving_.valid() && saving_.wait_for(std::chrono::seconds{0}) == std::future_status::timeout;
}

void RunObserver::finish_saving() {
  if (saving_.valid()) note(saving_.get());
}

void RunObserver::note(const Saved& saved) {
  if (saved.problem.empty()) {
    saved_step_ = saved.step;
    if (!save_problem_.empty()) console_.note("checkpoints can be written again");
  } else {
    failed_step_ = saved.step;
    if (save_problem_.empty())
      console_.note(fmt::format("warning: the checkpoint of step {} could not be written: {}; training goes on",
                                saved.step, saved.problem));
  }
  save_problem_ = saved.problem;
  if (!saved.best_problem.empty())
    console_.note(fmt::format("warning: the weights of the best epoch could not be written: {}; training goes on",
                              saved.best_problem));
  if (saved.best_epoch > 0) best_epoch_saved_ = saved.best_epoch;
}

RunObserver::Saved RunObserver::write(const Checkpoint& checkpoint) const {
  Saved saved{.step = checkpoint.state.step};
  try {
    directory_->require_there();
    CheckpointDirectory{directory_->checkpoints()}.save(checkpoint, form_.keep);
  } catch (const std::exception& failure) {
    saved.problem = failure.what();
    return saved;
  }
  const std::optional<BestSoFar>& best = checkpoint.state.best;
  if (!best || best->epoch == best_epoch_saved_) return saved;
  try {
    write_checkpoint(directory_->best_checkpoint(), best_state(checkpoint));
    saved.best_epoch = best->epoch;
  } catch (const std::exception& failure) {
    saved.best_problem = failure.what();
  }
  return saved;
}

std::string RunObserver::record_end(const nlohmann::ordered_json& summary,
                                    const std::vector<std::string>& history) const {
  try {
    if (metrics_failed_) directory_->write_metrics(history);
    directory_->write_summary(summary);
    return {};
  } catch (const Error& failure) {
    return fmt::format("the run is done and its weights are saved, but {}; run the same command again to complete it",
                       failure.what());
  }
}

std::optional<std::uint64_t> RunObserver::saved_step() {
  finish_saving();
  return saved_step_;
}

std::string RunObserver::fault() {
  finish_saving();
  if (save_problem_.empty()) return {};
  const std::string newest = saved_step_
                                 ? fmt::format("that of step {}, from which the same command goes on", *saved_step_)
                                 : std::string{"none, so the same command begins anew"};
  return fmt::format("the state after step {} could not be saved: {}; the newest checkpoint is {}", failed_step_,
                     save_problem_, newest);
}

}  // namespace lockstep
