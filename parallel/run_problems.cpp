// SPDX-License-Identifier: MIT
// Why a configuration cannot train on certain data, go on from a checkpoint, or begin with certain weights.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/error.hpp"
#include "core/settings.hpp"
#include "parallel/data_split.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/run_setup.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {
namespace {

using Problems = std::vector<std::string>;

void check_task(const TrainConfig& config, const DatasetInfo& data, Problems& found) {
  const bool for_classes =
      config.loss && (*config.loss == Loss::cross_entropy || *config.loss == Loss::binary_cross_entropy);
  if (data.task == Task::regression && for_classes)
    found.push_back(
        fmt::format("loss {} needs classes, but the targets of {} are values; use mean-squared-error, "
                    "mean-absolute-error or huber",
                    name_of(*config.loss), data.name));
  if (data.task == Task::classification && data.classes < 2)
    found.push_back(
        fmt::format("{} has {} class; classification needs at least two: make the file again with "
                    "rows of another class, or with the column that tells classes apart as the target",
                    data.name, data.classes));
  // When both are set, problems(config) has looked at them.
  if (config.loss && config.output) return;
  const TrainConfig complete = resolved(config, data.task);
  if (!trainable(*complete.output)) return;
  if (std::string mismatch = problem_between(*complete.loss, *complete.output); !mismatch.empty())
    found.push_back(std::move(mismatch));
}

void check_counts(const TrainConfig& config, const DatasetInfo& data, int ranks, Problems& found) {
  if (data.samples < 1) {
    found.push_back(data.name + " holds no samples");
    return;
  }
  const Index validation = held_out(config.validation, data.samples);
  const bool splits = config.validation <= 0 || (validation >= 1 && validation < data.samples);
  if (!splits)
    found.push_back(fmt::format("validation {} holds out {} of {} samples; it must leave at least one on either side",
                                config.validation, validation, data.samples));
  if (splits && config.train_samples > data.samples - validation)
    found.push_back(fmt::format("train-samples is {}, but {} samples are left to train on; lower it, or set it to 0",
                                config.train_samples, data.samples - validation));
  if (config.batch_size < 1) return;
  if (config.batch_size < ranks)
    found.push_back(
        fmt::format("a batch of {} samples cannot be shared by {} ranks; raise --batch-size or start fewer ranks",
                    config.batch_size, ranks));
  if (!splits || config.epochs < 1 || config.steps > 0) return;
  constexpr Index most_steps = Index{1} << 53;
  const Index training = training_samples(config, data.samples);
  const Index steps_per_epoch = shard_count(training, std::min(config.batch_size, training));
  if (config.epochs > most_steps / steps_per_epoch)
    found.push_back(fmt::format("{} epochs of {} steps are more than {} steps; lower epochs", config.epochs,
                                steps_per_epoch, most_steps));
}

/// The settings that a checkpoint was made with; those it does not name have their defaults.
TrainConfig configuration_of(const Checkpoint& checkpoint, Problems& found) {
  TrainConfig config;
  for (const auto& [name, text] : checkpoint.configuration) {
    const Setting* setting = find_setting(name);
    if (setting == nullptr) continue;
    try {
      setting->set(config, text);
    } catch (const RequestError& failure) {
      for (const std::string& problem : failure.problems()) found.push_back("in the checkpoint, " + problem);
    }
  }
  return config;
}

void check_settings(const Checkpoint& checkpoint, const TrainConfig& config, const DatasetInfo& data, Problems& found) {
  const TrainConfig now = resolved(config, data.task);
  const TrainConfig then = resolved(configuration_of(checkpoint, found), data.task);
  for (const Setting& setting : settings()) {
    if (!setting.affects_result || !checkpoint.configuration.contains(std::string{setting.name})) continue;
    if (setting.get(then) == setting.get(now)) continue;
    found.push_back(
        fmt::format("{} was '{}' when the checkpoint was made, but is '{}' now; a run goes on with the "
                    "settings it began with",
                    setting.name, setting.get(then), setting.get(now)));
  }
}

void check_form(const Model& model, const TrainConfig& config, const DatasetInfo& data, Problems& found) {
  if (model.network.spec() != network_spec(config, data) || model.loss != *resolved(config, data.task).loss)
    found.emplace_back("the checkpoint's network or loss is not the one that these settings and data give");
  const auto fits = [](const AffineTransform& transform, Index size) {
    const auto wanted = static_cast<std::size_t>(size);
    return transform.shift.size() == transform.factor.size() &&
           (transform.shift.empty() || transform.shift.size() == wanted);
  };
  if (!fits(model.input_transform, model.network.spec().inputs) ||
      !fits(model.target_transform, model.network.spec().outputs))
    found.emplace_back("the checkpoint scales another number of inputs or targets than its network has");
}

void check_state(const Checkpoint& checkpoint, const TrainConfig& config, Problems& found) {
  const TrainingState& state = checkpoint.state;
  const Index size = checkpoint.model.network.layout().buffer_size();
  const auto expect_size = [&](const AlignedBuffer& buffer, std::string_view what) {
    if (buffer.size() != size)
      found.push_back(fmt::format("the checkpoint's {} takes {} numbers, its network {}", what, buffer.size(), size));
  };
  expect_size(checkpoint.model.parameters, "parameters");
  if (state.best) expect_size(state.best->parameters, "best parameters");
  const std::vector<std::string> names = optimizer_arrays(config.optimizer, config.exchange);
  if (state.optimizer.size() != names.size())
    found.push_back(fmt::format("the checkpoint holds {} arrays of optimizer state, {} keeps {}",
                                state.optimizer.size(), name_of(config.optimizer), names.size()));
  else
    for (std::size_t i = 0; i < names.size(); ++i) expect_size(state.optimizer[i], names[i]);
  const bool between_epochs = state.step_in_epoch == 0 && state.epoch_sums.empty();
  const Index sums = StepSums::width + (config.noise_scale > 0 ? NoiseSums::width : 0);
  if (!between_epochs && state.epoch_sums.size() != static_cast<std::size_t>(sums))
    found.push_back(fmt::format("the checkpoint holds {} sums of its unfinished epoch instead of {}",
                                state.epoch_sums.size(), sums));
}

/// Weights mean something only behind the scaling they were trained with.
void check_scaling(const Model& initial, const TrainConfig& config, Problems& found) {
  if (config.standardize == Standardize::automatic) return;
  const auto standardizes = [](const AffineTransform& transform) {
    return std::any_of(transform.shift.begin(), transform.shift.end(), [](Scalar shift) { return shift != 0; });
  };
  const bool none = !standardizes(initial.input_transform) && !standardizes(initial.target_transform);
  if (config.standardize == Standardize::none && none) return;
  found.emplace_back("initial weights bring the scaling of their own model; leave standardize on auto");
}

}  // namespace

Problems problems(const TrainConfig& config, const DatasetInfo& data, int ranks) {
  Problems found = problems(config);
  check_task(config, data, found);
  check_counts(config, data, ranks, found);
  return found;
}

Problems problems(const Checkpoint& resume, const TrainConfig& config, const DatasetInfo& data) {
  Problems found = problems(resume.model, data);
  check_settings(resume, config, data, found);
  if (found.empty()) check_form(resume.model, config, data, found);
  check_state(resume, config, found);
  return found;
}

Problems problems(const Model& initial, const TrainConfig& config, const DatasetInfo& data) {
  Problems found = problems(initial, data);
  const NetworkSpec wanted = network_spec(config, data);
  const NetworkSpec& given = initial.network.spec();
  if (given.inputs != wanted.inputs || given.hidden != wanted.hidden || given.outputs != wanted.outputs ||
      given.activation != wanted.activation || given.output != wanted.output)
    found.push_back(fmt::format(
        "the initial weights belong to a network of another form (hidden {}, activation {}, output {}); give "
        "the same settings and data",
        fmt::join(given.hidden, ","), name_of(given.activation), name_of(given.output)));
  if (initial.parameters.size() != initial.network.layout().buffer_size())
    found.emplace_back("the initial parameters are not as many as their network has");
  check_scaling(initial, config, found);
  return found;
}

}  // namespace lockstep
