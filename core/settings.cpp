// SPDX-License-Identifier: MIT
// The table of settings.
#include "core/settings.hpp"

#include <algorithm>
#include <array>
#include <type_traits>

#include "core/error.hpp"
#include "core/setting_text.hpp"

namespace lockstep {
namespace {

template <class Value>
struct Bare {
  using Type = Value;
};
template <class Value>
struct Bare<std::optional<Value>> {
  using Type = Value;
};

template <class Value>
constexpr SettingKind kind_of() {
  using Type = typename Bare<Value>::Type;
  if constexpr (std::is_same_v<Type, bool>) return SettingKind::boolean;
  if constexpr (std::is_same_v<Type, std::vector<Index>>) return SettingKind::integers;
  if constexpr (std::is_integral_v<Type>) return SettingKind::integer;
  if constexpr (std::is_floating_point_v<Type>) return SettingKind::real;
  return SettingKind::text;
}

/// The texts of the enum's values from the first to `last`, as "relu|tanh|...".
template <class Enum>
std::string names_to(Enum last) {
  std::string names;
  for (int value = 0; value <= static_cast<int>(last); ++value) {
    if (value > 0) names += '|';
    names += setting_text::written(static_cast<Enum>(value));
  }
  return names;
}

/// The same for activations, without those whose slope is zero.
std::string names_of_trainable(Activation last) {
  std::string names;
  for (int value = 0; value <= static_cast<int>(last); ++value) {
    const auto activation = static_cast<Activation>(value);
    if (!trainable(activation)) continue;
    if (!names.empty()) names += '|';
    names += setting_text::written(activation);
  }
  return names;
}

/// Where in --help a setting stands, and whether the result depends on it.
struct Group {
  std::string_view heading;
  bool affects_result = true;
};

constexpr Group network{.heading = "Network"};
constexpr Group objective{.heading = "Objective"};
constexpr Group optimizer{.heading = "Optimizer"};
constexpr Group schedule{.heading = "Schedule"};
constexpr Group pass{.heading = "Passes over the data"};
constexpr Group stopping{.heading = "Validation"};
constexpr Group measurements{.heading = "Measurements"};
constexpr Group kernels{.heading = "Numbers"};
constexpr Group machine{.heading = "Machine", .affects_result = false};

template <auto member>
Setting setting(const Group& group, std::string_view name, std::string_view values, std::string_view help) {
  using Value = std::remove_reference_t<decltype(std::declval<TrainConfig&>().*member)>;
  return {.name = name,
          .group = group.heading,
          .kind = kind_of<Value>(),
          .values = values,
          .help = help,
          .affects_result = group.affects_result,
          .get = [](const TrainConfig& config) { return setting_text::written(config.*member); },
          .read = [](TrainConfig& config, std::string_view text) { setting_text::read(text, config.*member); }};
}

std::vector<Setting> table() {
  using C = TrainConfig;
  // Those that can be trained; softmax, which comes last, at the output only.
  static const std::string hidden_activations = names_of_trainable(Activation::silu);
  static const std::string output_activations = names_of_trainable(Activation::softmax);
  static const std::string initializers = names_to(Initializer::lecun);
  static const std::string losses = names_to(Loss::binary_cross_entropy);
  static const std::string optimizers = names_to(Optimizer::adamw);
  static const std::string schedules = names_to(ScheduleKind::cosine);
  static const std::string instruction_sets = names_to(InstructionSet::amx);
  static const std::string standardizes = names_to(Standardize::all);
  return {
      setting<&C::hidden>(network, "hidden", "UNITS,UNITS,...",
                          "Units of each hidden layer; empty for a linear model."),
      setting<&C::activation>(network, "activation", hidden_activations,
                              "Activation of hidden units; step and sign have no slope to train by."),
      setting<&C::output>(network, "output", output_activations, "Activation of the outputs; auto: as the loss wants."),
      setting<&C::initializer>(network, "initializer", initializers,
                               "First weights; auto: he for the ReLU family, glorot for the others."),
      setting<&C::dropout>(network, "dropout", "SHARE",
                           "Share of hidden units dropped in training, from 0 to below 1."),
      setting<&C::input_dropout>(network, "input-dropout", "SHARE",
                                 "Share of inputs dropped in training, from 0 to below 1."),

      setting<&C::loss>(objective, "loss", losses,
                        "What to minimise; auto: cross-entropy for classes, mean-squared-error for values."),
      setting<&C::l1>(objective, "l1", "WEIGHT",
                      "Weight of the sum of absolute weights in what is minimised (not in the losses shown); 0: off."),
      setting<&C::l2>(
          objective, "l2", "WEIGHT",
          "Weight of half the sum of squared weights in what is minimised (not in the losses shown); 0: off."),
      setting<&C::weight_decay>(objective, "weight-decay", "RATE",
                                "Decoupled decay: each step shrinks weights by this times the learning rate; 0: off."),
      setting<&C::max_norm>(objective, "max-norm", "NORM",
                            "Longest Euclidean norm of the weights into a unit; 0: no limit."),
      setting<&C::clip_norm>(objective, "clip-norm", "NORM",
                             "Longest Euclidean norm of a batch's gradient, scaled back beyond it; 0: no limit."),

      setting<&C::optimizer>(optimizer, "optimizer", optimizers, "The update rule."),
      setting<&C::learning_rate>(optimizer, "learning-rate", "RATE",
                                 "Step along the mean gradient; auto: 0.1 for sgd, momentum and nesterov, else 0.001."),
      setting<&C::momentum>(optimizer, "momentum", "SHARE",
                            "Share of the velocity kept each step, from 0 to below 1 (momentum, nesterov)."),
      setting<&C::decay_rate>(optimizer, "decay-rate", "SHARE",
                              "Share of the mean square kept each step, from 0 to below 1 (rmsprop)."),
      setting<&C::beta1>(optimizer, "beta1", "SHARE",
                         "Share of the mean gradient kept each step, from 0 to below 1 (adam, adamw)."),
      setting<&C::beta2>(optimizer, "beta2", "SHARE",
                         "Share of the mean square kept each step, from 0 to below 1 (adam, adamw)."),
      setting<&C::epsilon>(optimizer, "epsilon", "VALUE",
                           "Added to the root mean square before dividing by it (rmsprop, adam, adamw)."),

      setting<&C::schedule>(schedule, "schedule", schedules, "How the learning rate falls during the run."),
      setting<&C::warmup>(schedule, "warmup", "STEPS", "Steps over which the learning rate first rises; 0: none."),
      setting<&C::schedule_period>(schedule, "schedule-period", "STEPS",
                                   "Steps between the falls of the step schedule; 0: a third of the run."),
      setting<&C::schedule_factor>(schedule, "schedule-factor", "FACTOR",
                                   "What the rate is multiplied by at each fall of the step schedule."),
      setting<&C::final_rate>(schedule, "final-rate", "SHARE",
                              "Share of the learning rate left at the last step (linear, cosine), from 0 to 1."),

      setting<&C::batch_size>(pass, "batch-size", "SAMPLES", "Samples of a step, over all ranks."),
      setting<&C::shard_size>(pass, "shard-size", "SAMPLES",
                              "Samples worked on together, the unit of work; 0: chosen from the batch."),
      setting<&C::epochs>(pass, "epochs", "COUNT", "Passes over the training samples."),
      setting<&C::steps>(pass, "steps", "COUNT", "Steps of the run, whatever --epochs says; 0: as the epochs have."),
      setting<&C::seed>(pass, "seed", "NUMBER", "The only source of randomness: the same seed gives the same bits."),
      setting<&C::shuffle>(pass, "shuffle", "true|false", "Visit the samples of each epoch in a new random order."),
      setting<&C::train_samples>(pass, "train-samples", "COUNT",
                                 "Training samples used, drawn by the seed; 0: all that are not held out."),
      setting<&C::standardize>(pass, "standardize", standardizes,
                               "What to bring to mean 0 and variance 1; auto: float features and regression targets."),

      setting<&C::validation>(stopping, "validation", "COUNT|FRACTION",
                              "Training samples held out: a share below 1, or a count from 1; 0: none."),
      setting<&C::patience>(stopping, "patience", "EPOCHS",
                            "Epochs without a better validation loss before stopping with the best weights; 0: never."),
      setting<&C::target_loss>(stopping, "target-loss", "LOSS",
                               "Loss at which training is over; looked at after steps 1, 2, 3, ..., from 20 on in "
                               "intervals that grow by a twentieth; 0: none."),
      setting<&C::target_error>(stopping, "target-error", "ERROR",
                                "Error at which training is over instead: the share of samples whose class is not "
                                "named, or the RMSE in the target's units; looked at likewise; 0: none."),
      setting<&C::target_of>(stopping, "target-of", "validation|training",
                             "Whose loss or error the target is about: the samples held out, or those trained on."),

      setting<&C::noise_scale>(measurements, "noise-scale", "STEPS",
                               "Steps between measurements of the gradient's noise, whose mean over each epoch is "
                               "noise_scale in metrics.jsonl: about how many samples make a useful batch; 0: none."),

      setting<&C::precision>(kernels, "precision", "float32|bf16",
                             "Numbers that training multiplies: bf16 rounds operands to bfloat16 and adds in float32; "
                             "weights, sums and evaluation stay float32. Needs AMX-BF16 or AVX512_BF16."),
      setting<&C::exchange>(kernels, "exchange", "float32|bf16",
                            "Numbers that ranks exchange: bf16 halves the bytes. Sums of gradients are rounded to "
                            "bfloat16 at every node of their tree, new parameters by their owners, who keep them in "
                            "float32: the same bits on any number of ranks, but others than with float32."),
      setting<&C::isa>(kernels, "isa", instruction_sets,
                       "Instructions of matrix products; auto: the best here. Pin it where hosts differ. The last two "
                       "belong to precision bf16."),

      setting<&C::threads>(machine, "threads", "COUNT", "Threads of each rank; 0: the cores that it may use."),
      setting<&C::checkpoint_every>(machine, "checkpoint-every", "STEPS",
                                    "Steps between checkpoints; 0: at ends of epochs, at most every ten seconds."),
      setting<&C::keep>(machine, "keep", "COUNT", "Newest checkpoints kept, beside the best by validation loss."),
      setting<&C::compare_every>(machine, "compare-every", "STEPS",
                                 "Steps between comparisons of the ranks' parameters; 0: only before checkpoints."),
      setting<&C::timeout>(machine, "timeout", "SECONDS",
                           "Silence of a rank after which the others give up; 0: never."),
  };
}

}  // namespace

void Setting::set(TrainConfig& config, std::string_view text) const {
  try {
    read(config, setting_text::trimmed(text));
  } catch (const RequestError& error) {
    throw RequestError{std::string{name} + ": " + error.what()};
  }
}

std::span<const Setting> settings() {
  static const std::vector<Setting> all = table();
  return all;
}

const Setting* find_setting(std::string_view name) {
  const std::span<const Setting> all = settings();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Setting& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

TrainConfig resolved(TrainConfig config, Task task) {
  if (!config.loss) config.loss = task == Task::classification ? Loss::cross_entropy : Loss::mean_squared_error;
  if (!config.output) config.output = output_activation_for(*config.loss);
  if (!config.initializer) config.initializer = initializer_for(config.activation);
  config.learning_rate = learning_rate_of(config);
  return config;
}

double learning_rate_of(const TrainConfig& config) {
  if (config.learning_rate) return *config.learning_rate;
  switch (config.optimizer) {
    case Optimizer::sgd:
    case Optimizer::momentum:
    case Optimizer::nesterov:
      return 0.1;
    case Optimizer::rmsprop:
    case Optimizer::adam:
    case Optimizer::adamw:
      return 0.001;
  }
  return 0.001;
}

}  // namespace lockstep
