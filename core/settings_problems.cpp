// SPDX-License-Identifier: MIT
// What makes a configuration unusable, whatever the data.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/network.hpp"
#include "core/settings.hpp"

namespace lockstep {
namespace {

using Problems = std::vector<std::string>;

// Far beyond any run, and small enough that counts of samples and steps fit their types.
constexpr Index most_epochs = 1'000'000'000;
constexpr Index most_steps = 1'000'000'000'000;

// Written so that NaN fails every check.
void require(Problems& found, bool holds, std::string_view name, double value, std::string_view rule) {
  if (!holds) found.push_back(fmt::format("{} is {}; it must be {}", name, value, rule));
}

void require_share(Problems& found, std::string_view name, double value) {
  require(found, value >= 0 && value < 1, name, value, "at least 0 and below 1");
}

void require_not_negative(Problems& found, std::string_view name, double value) {
  require(found, value >= 0 && std::isfinite(value), name, value, "0 (off) or a positive, finite number");
}

void require_positive(Problems& found, std::string_view name, double value) {
  require(found, value > 0 && std::isfinite(value), name, value, "a positive, finite number");
}

void require_at_least(Problems& found, std::string_view name, Index value, Index least) {
  if (value < least) found.push_back(fmt::format("{} is {}; it must be at least {}", name, value, least));
}

void require_at_most(Problems& found, std::string_view name, Index value, Index most) {
  if (value > most) found.push_back(fmt::format("{} is {}; it must be at most {}", name, value, most));
}

void check_trainable(Problems& found, std::string_view name, Activation activation, std::string_view instead) {
  if (trainable(activation)) return;
  found.push_back(
      fmt::format("{} '{}' cannot be trained: its slope is 0 wherever it has one, so no gradient passes; use {}", name,
                  name_of(activation), instead));
}

void check_network(Problems& found, const TrainConfig& config) {
  for (std::size_t layer = 0; layer < config.hidden.size(); ++layer)
    if (config.hidden[layer] < 1 || config.hidden[layer] > most_units)
      found.push_back(fmt::format(
          "hidden layer {} has {} units; a layer needs from 1 to {} (leave hidden empty for a linear model)", layer + 1,
          config.hidden[layer], most_units));
  check_trainable(found, "activation", config.activation, "logistic or tanh");
  if (config.activation == Activation::softmax)
    found.push_back("activation is softmax, which is for outputs only; use relu or tanh, and output softmax");
  require_share(found, "dropout", config.dropout);
  require_share(found, "input-dropout", config.input_dropout);
}

void check_objective(Problems& found, const TrainConfig& config) {
  if (config.output) check_trainable(found, "output", *config.output, "logistic or tanh, or leave output on auto");
  if (config.loss && config.output && trainable(*config.output)) {
    const std::string mismatch = problem_between(*config.loss, *config.output);
    if (!mismatch.empty()) found.push_back(mismatch);
  }
  require_not_negative(found, "l1", config.l1);
  require_not_negative(found, "l2", config.l2);
  require_not_negative(found, "weight-decay", config.weight_decay);
  require_not_negative(found, "max-norm", config.max_norm);
  require_not_negative(found, "clip-norm", config.clip_norm);
}

void check_optimizer(Problems& found, const TrainConfig& config) {
  if (config.learning_rate) require_positive(found, "learning-rate", *config.learning_rate);
  require_share(found, "momentum", config.momentum);
  require_share(found, "decay-rate", config.decay_rate);
  require_share(found, "beta1", config.beta1);
  require_share(found, "beta2", config.beta2);
  // Smaller ones vanish in float, and a weight without gradient would become 0 / 0.
  require(found, config.epsilon >= 1e-30 && std::isfinite(config.epsilon), "epsilon", config.epsilon,
          "at least 1e-30 and finite");
}

void check_schedule(Problems& found, const TrainConfig& config) {
  require_at_least(found, "warmup", config.warmup, 0);
  require_at_least(found, "schedule-period", config.schedule_period, 0);
  require_positive(found, "schedule-factor", config.schedule_factor);
  require(found, config.final_rate >= 0 && config.final_rate <= 1, "final-rate", config.final_rate,
          "a share of the learning rate, from 0 to 1");
  if (config.steps > 0 && config.warmup > config.steps)
    found.push_back(fmt::format("warmup takes {} steps, more than the {} steps of the run; lower warmup or raise steps",
                                config.warmup, config.steps));
}

void check_pass(Problems& found, const TrainConfig& config) {
  require_at_least(found, "batch-size", config.batch_size, 1);
  require_at_least(found, "shard-size", config.shard_size, 0);
  require_at_least(found, "epochs", config.epochs, 1);
  require_at_least(found, "steps", config.steps, 0);
  require_at_least(found, "train-samples", config.train_samples, 0);
  require_at_most(found, "epochs", config.epochs, most_epochs);
  require_at_most(found, "steps", config.steps, most_steps);
  constexpr auto largest_seed = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (config.seed > largest_seed)
    found.push_back(
        fmt::format("seed is {}; it must be at most {}, the largest integer of TOML", config.seed, largest_seed));
  require_at_least(found, "threads", config.threads, 0);
  constexpr Index most_threads = 1024;
  if (config.threads > most_threads)
    found.push_back(
        fmt::format("threads is {}; one rank uses at most {}, start more ranks instead", config.threads, most_threads));
  require_at_least(found, "checkpoint-every", config.checkpoint_every, 0);
  require_at_least(found, "compare-every", config.compare_every, 0);
  require_at_least(found, "noise-scale", config.noise_scale, 0);
  require_at_least(found, "keep", config.keep, 1);
  require(found, config.timeout == 0 || (config.timeout >= 1 && std::isfinite(config.timeout)), "timeout",
          config.timeout, "0 (never) or at least 1 second");
}

void check_target(Problems& found, const TrainConfig& config) {
  require_not_negative(found, "target-loss", config.target_loss);
  require_not_negative(found, "target-error", config.target_error);
  const bool loss = config.target_loss > 0;
  const bool error = config.target_error > 0;
  if (loss && error)
    found.push_back(fmt::format("target-loss is {} and target-error {}; a run has one target: leave one of them at 0",
                                config.target_loss, config.target_error));
  if ((loss || error) && config.target_of == TargetOf::validation && config.validation == 0)
    found.push_back(
        fmt::format("target-{} is {}, but no samples are held out to measure it on; set validation, to 0.1 say, or "
                    "target-of to training",
                    loss ? "loss" : "error", loss ? config.target_loss : config.target_error));
}

void check_validation(Problems& found, const TrainConfig& config) {
  const double held_out = config.validation;
  const bool whole_or_share = held_out < 1 || held_out == std::floor(held_out);
  require(found, held_out >= 0 && std::isfinite(held_out) && whole_or_share, "validation", held_out,
          "a share below 1 or a whole number of samples");
  require_at_least(found, "patience", config.patience, 0);
  if (config.patience > 0 && held_out == 0)
    found.push_back(fmt::format("patience is {}, but no samples are held out to judge by; set validation, to 0.1 say",
                                config.patience));
}

void check_kernels(Problems& found, const TrainConfig& config) {
  if (!config.isa) return;
  const bool for_bf16 = *config.isa > InstructionSet::avx512;
  const std::string_view isa = text_in(instruction_set_names, *config.isa);
  if (config.precision == Precision::bf16 && !for_bf16)
    found.push_back(fmt::format(
        "precision is bf16, but isa is {}, which has no products in bfloat16; leave isa on auto, or set it to "
        "avx512-bf16 or amx, or take precision float32",
        isa));
  if (config.precision == Precision::float32 && for_bf16)
    found.push_back(fmt::format(
        "isa is {}, which only products in bfloat16 read; set isa to avx512 or auto, or take precision bf16", isa));
}

}  // namespace

std::vector<std::string> problems(const TrainConfig& config) {
  Problems found;
  check_network(found, config);
  check_objective(found, config);
  check_optimizer(found, config);
  check_schedule(found, config);
  check_pass(found, config);
  check_validation(found, config);
  check_target(found, config);
  check_kernels(found, config);
  return found;
}

}  // namespace lockstep
