// SPDX-License-Identifier: MIT
// Every setting of a run, as one value: what decides its result, and two that decide only its time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/activation.hpp"
#include "core/initializer.hpp"
#include "core/instruction_set.hpp"
#include "core/loss.hpp"
#include "core/optimizer.hpp"
#include "core/precision.hpp"
#include "core/schedule.hpp"
#include "core/types.hpp"

namespace lockstep {

/// What to standardise (zero mean, unit variance over the training samples).
/// automatic: float features and regression targets; byte features are divided by 255 instead.
enum class Standardize { automatic, none, features, targets, all };

/// Whose loss target_loss, or whose error target_error, is about.
enum class TargetOf { validation, training };

/// The settings of a training run. core/settings.hpp names, explains and checks each.
struct TrainConfig {
  // network
  std::vector<Index> hidden{128};
  Activation activation = Activation::relu;
  std::optional<Activation> output{};        ///< unset: as the loss wants
  std::optional<Initializer> initializer{};  ///< unset: as the activation wants
  double dropout = 0;
  double input_dropout = 0;
  // objective
  std::optional<Loss> loss{};  ///< unset: cross-entropy for classes, mean squared error for values
  double l1 = 0;
  double l2 = 0;
  double weight_decay = 0;
  double max_norm = 0;   ///< 0: off
  double clip_norm = 0;  ///< 0: off
  // optimizer
  Optimizer optimizer = Optimizer::adam;
  std::optional<double> learning_rate{};  ///< unset: the optimizer's usual
  double momentum = 0.9;
  double decay_rate = 0.99;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  ScheduleKind schedule = ScheduleKind::constant;
  Index warmup = 0;              ///< steps
  Index schedule_period = 0;     ///< steps, of `step`; 0: a third of the run
  double schedule_factor = 0.1;  ///< of `step`
  double final_rate = 0;         ///< of linear and cosine, as a fraction of the rate
  // pass
  Index batch_size = 128;
  Index shard_size = 0;  ///< samples; 0: chosen from the batch
  Index epochs = 10;
  Index steps = 0;  ///< 0: as many as the epochs have
  std::uint64_t seed = 1;
  bool shuffle = true;
  Index train_samples = 0;  ///< of those that are not held out; 0: all
  // data
  double validation = 0;    ///< below 1 a fraction, from 1 a count of samples
  Index patience = 0;       ///< epochs without better validation loss before stopping; 0: off
  double target_loss = 0;   ///< at which training is over; 0: none
  double target_error = 0;  ///< likewise: share of samples misnamed, or RMSE in own units; 0: none
  TargetOf target_of = TargetOf::validation;
  Standardize standardize = Standardize::automatic;
  // measurements
  Index noise_scale = 0;  ///< steps between measurements of the gradient's noise; 0: none
  // numbers and kernels
  Precision precision = Precision::float32;
  /// bf16: every sum of shards' gradients in the reduction tree, from single shards on, and every parameter are rounded
  /// to bfloat16, whoever computes them, so that they can travel as such; owners keep the parameters unrounded.
  Precision exchange = Precision::float32;
  std::optional<InstructionSet> isa{};  ///< of matrix products; unset: the best that the processor has
  // machine: none of these changes the result
  Index threads = 0;           ///< 0: the cores this rank may use
  Index checkpoint_every = 0;  ///< steps; 0: at ends of epochs, at most every ten seconds
  Index compare_every = 100;   ///< steps between comparisons of all ranks' parameters; 0: before checkpoints only
  Index keep = 2;              ///< newest checkpoints
  double timeout = 60;         ///< seconds of silence after which a rank counts as lost; 0: never

  friend bool operator==(const TrainConfig&, const TrainConfig&) = default;
};

}  // namespace lockstep
