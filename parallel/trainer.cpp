// SPDX-License-Identifier: MIT
// Epochs of steps, validation, early stopping, checkpoints.
#include "parallel/trainer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "core/bf16_product.hpp"
#include "core/error.hpp"
#include "core/schedule.hpp"
#include "core/settings.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/read_ahead.hpp"
#include "parallel/replica_check.hpp"
#include "parallel/run_setup.hpp"
#include "parallel/timed_communicator.hpp"
#include "parallel/timed_dataset.hpp"
#include "parallel/trace.hpp"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Between the checkpoints at ends of epochs when the user set no interval.
constexpr double checkpoint_seconds = 10;

Metrics training_metrics(const StepSums& sums, const Model& model) {
  Metrics metrics;
  metrics.samples = static_cast<Index>(sums.samples);
  metrics.loss = sums.loss / sums.samples;
  if (model.task == Task::classification)
    metrics.accuracy = sums.hits_or_squares / sums.samples;
  else
    metrics.rmse = std::sqrt(sums.hits_or_squares / sums.samples / static_cast<double>(model.network.spec().outputs));
  return metrics;
}

/// One run under way.
class Run {
 public:
  Run(const TrainConfig& config, const Dataset& data, Communicator& communicator, TrainingObserver& observer,
      std::optional<Checkpoint> resume, const Model* initial)
      : config_{resolved(config, data.info().task)},
        data_{data},
        communicator_{communicator},
        observer_{observer},
        workers_{static_cast<int>(config.threads)},
        split_{config, data},
        state_{resume ? std::move(resume->state) : TrainingState{}},
        model_{resume ? std::move(resume->model) : fresh_model(config, data, split_, initial, communicator, workers_)},
        form_{engine_form(config, split_.training_samples())},
        engine_{model_, form_, communicator_, workers_},
        read_ahead_{
            data_,
            {.samples = split_.training_samples(), .batch_size = form_.batch_size, .shard_size = form_.plan.shard_size},
            communicator_},
        steps_per_epoch_{shard_count(split_.training_samples(), form_.batch_size)},
        total_steps_{static_cast<std::uint64_t>(config.steps > 0 ? config.steps : config.epochs * steps_per_epoch_)} {
    if (has_target(config)) look_step_ = next_look(state_.step);
    if (!state_.optimizer.empty()) engine_.update().set_state(state_.optimizer);
    state_.optimizer.clear();
    if (const std::vector<double>& sums = state_.epoch_sums; !sums.empty()) {
      epoch_sums_ = {sums[0], sums[1], sums[2]};
      if (sums.size() > 3) epoch_noise_ = {.steps = sums[3], .variance = sums[4], .signal = sums[5]};
    }
    schedule_ = {.kind = config.schedule,
                 .warmup_steps = static_cast<std::uint64_t>(config.warmup),
                 .total_steps = total_steps_,
                 .period_steps = config.schedule_period > 0 ? static_cast<std::uint64_t>(config.schedule_period)
                                                            : std::max<std::uint64_t>(1, total_steps_ / 3),
                 .factor = config.schedule_factor,
                 .final_fraction = config.final_rate};
  }

  TrainResult finish() {
    try {
      while (!state_.finished && !interrupted_) run_epoch();
    } catch (const MissingRanksError& missing) {
      if (missing.placed()) throw;
      throw missing.at("after step " + std::to_string(state_.step));
    }
    TrainResult result{.model = std::move(model_), .state = std::move(state_)};
    result.interrupted = interrupted_;
    result.hash = weights_hash(result.model.network.layout(), result.model.parameters.span());
    if (!interrupted_ && split_.validation_samples() > 0)
      result.validation = evaluate_rows(result.model, validation(), communicator_, workers_);
    if (!interrupted_ && has_target(config_))
      result.target = evaluate_rows(result.model, target(), communicator_, workers_);
    result.seconds = training_seconds_;
    result.samples_per_second = training_seconds_ > 0 ? trained_samples_ / training_seconds_ : 0;
    result.waiting = waiting_shares();
    result.ranks = communicator_.ranks();
    result.threads = workers_.threads();
    return result;
  }

 private:
  /// Collective.
  [[nodiscard]] WaitingShares waiting_shares() {
    const double seconds = std::max(training_seconds_ + saving_seconds_, 1e-9);
    const auto mean = [this](double own) {
      const std::vector<double> shares = gather_each(own, communicator_);
      return std::accumulate(shares.begin(), shares.end(), 0.0) / static_cast<double>(shares.size());
    };
    return {.input = mean(input_seconds_ / seconds / workers_.threads()),
            .communication = mean(communication_seconds_ / seconds),
            .checkpoints = mean(saving_seconds_ / seconds)};
  }

  [[nodiscard]] Samples validation() const {
    return {.data = data_, .row_of = split_.validation_rows(), .samples = split_.validation_samples()};
  }

  /// What the target is measured on.
  [[nodiscard]] Samples target() const {
    if (config_.target_of == TargetOf::validation) return validation();
    return {.data = data_, .row_of = split_.training_rows(), .samples = split_.training_samples()};
  }

  /// Where the target is reached the run has had all its steps.
  void look_for_target() {
    if (state_.step != look_step_) return;
    look_step_ = next_look(state_.step);
    const Metrics metrics = evaluate_rows(model_, target(), communicator_, workers_);
    if (reaches_target(config_, metrics, model_.task)) total_steps_ = state_.step;
  }

  [[nodiscard]] double learning_rate(std::uint64_t step) const {
    return learning_rate_of(config_) * rate_factor(schedule_, step);
  }

  [[nodiscard]] UpdateRule rule() const {
    return {.optimizer = config_.optimizer,
            .learning_rate = learning_rate(state_.step),
            .momentum = config_.momentum,
            .decay_rate = config_.decay_rate,
            .beta1 = config_.beta1,
            .beta2 = config_.beta2,
            .epsilon = config_.epsilon,
            .step = state_.step + 1,
            .l1 = config_.l1,
            .l2 = config_.l2,
            .weight_decay = config_.weight_decay};
  }

  void run_epoch() {
    const RowOf rows = split_.epoch_rows(state_.epoch);
    read_ahead_.begin_epoch(rows, state_.step_in_epoch);
    epoch_start_ = Clock::now();
    epoch_trained_ = 0;
    while (state_.step_in_epoch < steps_per_epoch_ && state_.step < total_steps_ && !interrupted_) run_step(rows);
    const bool complete = state_.step_in_epoch == steps_per_epoch_ || state_.step == total_steps_;
    if (complete && state_.step_in_epoch > 0) end_epoch();
    if (state_.step == total_steps_ && !state_.finished && complete) end_run();
    if (interrupted_ && !state_.finished) save();
  }

  void run_step(const RowOf& rows) {
    const Clock::time_point start = Clock::now();
    const double input_before = data_.seconds();
    const double communication_before = communicator_.seconds();
    const Index first = state_.step_in_epoch * form_.batch_size;
    const Samples batch{.data = data_,
                        .row_of = [&rows, first](Index position) { return rows(first + position); },
                        .samples = std::min(form_.batch_size, split_.training_samples() - first)};
    read_ahead_.begin_batch(rows, state_.step_in_epoch);
    const StepEngine::Report report = at_place(
        [&] {
          const TraceSpan span{"step"};
          return engine_.step(batch, {.training = true, .seed = config_.seed, .step = state_.step}, rule(),
                              {.max_norm = config_.max_norm,
                               .clip_norm = config_.clip_norm,
                               .norm_wanted = config_.noise_scale > 0 &&
                                              state_.step % static_cast<std::uint64_t>(config_.noise_scale) == 0},
                              observer_.stop_requested());
        },
        [&] { return "step " + std::to_string(state_.step + 1); });
    epoch_sums_.samples += report.sums.samples;
    epoch_sums_.loss += report.sums.loss;
    epoch_sums_.hits_or_squares += report.sums.hits_or_squares;
    if (report.norms) epoch_noise_.add(*report.norms);
    ++state_.step;
    ++state_.step_in_epoch;
    interrupted_ = report.vote && state_.step < total_steps_;
    training_seconds_ += seconds_since(start);
    input_seconds_ += data_.seconds() - input_before;
    communication_seconds_ += communicator_.seconds() - communication_before;
    trained_samples_ += report.sums.samples;
    epoch_trained_ += report.sums.samples;
    observer_.on_step({.epoch = state_.epoch + 1,
                       .epochs = config_.steps > 0 ? 0 : config_.epochs,
                       .step_in_epoch = state_.step_in_epoch,
                       .steps_per_epoch = steps_per_epoch_,
                       .step = state_.step,
                       .steps = total_steps_,
                       .loss = report.sums.loss / report.sums.samples,
                       .samples_per_second = trained_samples_ / training_seconds_});
    look_for_target();
    const auto every = static_cast<std::uint64_t>(config_.checkpoint_every);
    if (every > 0 && state_.step % every == 0 && state_.step_in_epoch < steps_per_epoch_ &&
        state_.step < total_steps_ && !interrupted_)
      save();
  }

  void end_epoch() {
    const double seconds = seconds_since(epoch_start_);
    EpochReport report{.epoch = state_.epoch + 1,
                       .step = state_.step,
                       .learning_rate = learning_rate(state_.step - 1),
                       .train = training_metrics(epoch_sums_, model_),
                       .validation = std::nullopt,
                       .noise = epoch_noise_,
                       .seconds = seconds,
                       .samples_per_second = epoch_trained_ / std::max(seconds, 1e-9)};
    ++state_.epoch;
    state_.step_in_epoch = 0;
    epoch_sums_ = {};
    epoch_noise_ = {};
    if (split_.validation_samples() > 0)
      report.validation = evaluate_rows(model_, validation(), communicator_, workers_);
    report.best = remember_best(report);
    state_.history.push_back(observer_.on_epoch(report));
    const bool out_of_patience =
        config_.patience > 0 && state_.best && state_.epoch - state_.best->epoch >= config_.patience;
    if (out_of_patience || state_.step == total_steps_) {
      end_run();
    } else if (!interrupted_ && epoch_checkpoint_is_due()) {
      save();
    }
  }

  /// Keeps the best weights; true when this epoch's validation loss is the best so far.
  bool remember_best(const EpochReport& report) {
    if (!report.validation) return false;
    if (!(report.validation->loss < best_loss())) return false;
    state_.best =
        BestSoFar{.loss = report.validation->loss, .epoch = report.epoch, .parameters = model_.parameters.clone()};
    return true;
  }

  [[nodiscard]] double best_loss() const {
    return state_.best ? state_.best->loss : std::numeric_limits<double>::infinity();
  }

  [[nodiscard]] bool epoch_checkpoint_is_due() {
    if (config_.checkpoint_every > 0) return state_.step % static_cast<std::uint64_t>(config_.checkpoint_every) == 0;
    return any_rank(seconds_since(last_save_) >= checkpoint_seconds, communicator_);
  }

  void end_run() {
    state_.finished = true;
    interrupted_ = false;
    if (config_.patience > 0 && state_.best) model_.parameters = state_.best->parameters.clone();
    save();
  }

  void save() {
    const TraceSpan span{"checkpoint"};
    const Clock::time_point start = Clock::now();
    gather_and_save();
    saving_seconds_ += seconds_since(start);
  }

  void gather_and_save() {
    if (communicator_.rank() == 0) observer_.before_save();
    std::vector<AlignedBuffer> optimizer = at_place(
        [&] {
          // What is saved is what all ranks go on with.
          require_same_parameters(model_.network.layout(), model_.parameters.span(), state_.step, communicator_,
                                  workers_);
          return engine_.update().gather_state();
        },
        [&] { return "checkpoint after step " + std::to_string(state_.step); });
    last_save_ = Clock::now();
    if (communicator_.rank() != 0) return;
    Checkpoint checkpoint{.model = clone(model_), .state = copy_state()};
    for (const Setting& setting : settings()) checkpoint.configuration.emplace(setting.name, setting.get(config_));
    checkpoint.state.optimizer = std::move(optimizer);
    observer_.save(std::move(checkpoint));
  }

  [[nodiscard]] TrainingState copy_state() const {
    TrainingState copy{.step = state_.step,
                       .epoch = state_.epoch,
                       .step_in_epoch = state_.step_in_epoch,
                       .finished = state_.finished,
                       .epoch_sums = {epoch_sums_.samples, epoch_sums_.loss, epoch_sums_.hits_or_squares},
                       .history = state_.history};
    if (config_.noise_scale > 0)
      copy.epoch_sums.insert(copy.epoch_sums.end(), {epoch_noise_.steps, epoch_noise_.variance, epoch_noise_.signal});
    if (state_.best)
      copy.best = BestSoFar{
          .loss = state_.best->loss, .epoch = state_.best->epoch, .parameters = state_.best->parameters.clone()};
    return copy;
  }

  TrainConfig config_;
  TimedDataset data_;
  TimedCommunicator communicator_;
  TrainingObserver& observer_;
  Workers workers_;
  DataSplit split_;
  TrainingState state_;
  Model model_;
  StepEngine::Form form_;
  StepEngine engine_;
  ReadAhead read_ahead_;
  Index steps_per_epoch_;
  std::uint64_t total_steps_;
  Schedule schedule_;
  StepSums epoch_sums_;
  NoiseSums epoch_noise_;
  std::uint64_t look_step_ = 0;  ///< after which the target is looked for next; 0: never
  bool interrupted_ = false;
  double training_seconds_ = 0;
  double input_seconds_ = 0;          ///< of all workers, in steps
  double communication_seconds_ = 0;  ///< in steps
  double saving_seconds_ = 0;
  double trained_samples_ = 0;
  double epoch_trained_ = 0;
  Clock::time_point epoch_start_;
  Clock::time_point last_save_ = Clock::now();
};

}  // namespace

double target_error_of(const Metrics& metrics, Task task) noexcept {
  return task == Task::classification ? 1 - metrics.accuracy : metrics.rmse;
}

bool reaches_target(const TrainConfig& config, const Metrics& metrics, Task task) noexcept {
  if (config.target_loss > 0) return metrics.loss <= config.target_loss;
  if (task == Task::regression) return metrics.rmse <= config.target_error;
  // Whole samples: 1 - 0.9 is a little more than 0.1.
  const auto samples = static_cast<double>(metrics.samples);
  return std::round(target_error_of(metrics, task) * samples) <= config.target_error * samples * (1 + 1e-12);
}

std::uint64_t next_look(std::uint64_t step) noexcept {
  constexpr std::uint64_t parts = 20;
  std::uint64_t look = 0;
  while (look <= step) look += std::max<std::uint64_t>(1, look / parts);
  return look;
}

TrainResult train(const TrainConfig& config, const Dataset& data, Communicator& communicator,
                  TrainingObserver& observer, std::optional<Checkpoint> resume, const Model* initial) {
  std::vector<std::string> found = problems(config, data.info(), communicator.ranks());
  if (found.empty() && resume) found = problems(*resume, config, data.info());
  if (found.empty() && !resume && initial != nullptr) found = problems(*initial, config, data.info());
  if (config.precision == Precision::bf16 && !bf16_instruction_set()) found.push_back(bf16_problem());
  if (!found.empty()) throw RequestError{std::move(found)};
  const FloatingPointMode mode;
  return Run{config, data, communicator, observer, std::move(resume), initial}.finish();
}

TrainResult train(const TrainConfig& config, const Dataset& data) {
  SerialCommunicator alone;
  TrainingObserver silent;
  return train(config, data, alone, silent);
}

}  // namespace lockstep
