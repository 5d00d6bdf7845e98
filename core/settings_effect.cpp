// SPDX-License-Identifier: MIT
// Which settings a run reads, by its others.
#include <fmt/format.h>

#include <array>
#include <cassert>

#include "core/settings.hpp"

namespace lockstep {
namespace {

/// A setting that only some runs read.
struct Reader {
  std::string_view name;
  bool (*reads)(const TrainConfig&);
  std::string_view only;  ///< what reads it
};

bool has_hidden_units(const TrainConfig& c) { return !c.hidden.empty(); }
bool has_velocity(const TrainConfig& c) {
  return c.optimizer == Optimizer::momentum || c.optimizer == Optimizer::nesterov;
}
bool is_rmsprop(const TrainConfig& c) { return c.optimizer == Optimizer::rmsprop; }
bool is_adam(const TrainConfig& c) { return c.optimizer == Optimizer::adam || c.optimizer == Optimizer::adamw; }
bool is_adaptive(const TrainConfig& c) { return is_rmsprop(c) || is_adam(c); }
bool falls_in_steps(const TrainConfig& c) { return c.schedule == ScheduleKind::step; }
bool falls_smoothly(const TrainConfig& c) {
  return c.schedule == ScheduleKind::linear || c.schedule == ScheduleKind::cosine;
}
bool counts_epochs(const TrainConfig& c) { return c.steps == 0; }

constexpr std::array<Reader, 12> readers{{
    {"activation", has_hidden_units, "hidden layers have it"},
    {"dropout", has_hidden_units, "hidden layers have it"},
    {"momentum", has_velocity, "the optimizers momentum and nesterov read it"},
    {"decay-rate", is_rmsprop, "the optimizer rmsprop reads it"},
    {"beta1", is_adam, "the optimizers adam and adamw read it"},
    {"beta2", is_adam, "the optimizers adam and adamw read it"},
    {"epsilon", is_adaptive, "the optimizers rmsprop, adam and adamw read it"},
    {"schedule-period", falls_in_steps, "the schedule step reads it"},
    {"schedule-factor", falls_in_steps, "the schedule step reads it"},
    {"final-rate", falls_smoothly, "the schedules linear and cosine read it"},
    {"target-of", has_target, "--target-loss and --target-error read it"},
    {"epochs", counts_epochs, "runs without --steps count epochs"},
}};

}  // namespace

bool has_target(const TrainConfig& config) noexcept { return config.target_loss > 0 || config.target_error > 0; }

std::vector<std::string> settings_without_effect(const TrainConfig& config) {
  const TrainConfig defaults;
  std::vector<std::string> sentences;
  for (const Reader& reader : readers) {
    const Setting* setting = find_setting(reader.name);
    assert(setting != nullptr);
    const std::string text = setting->get(config);
    if (reader.reads(config) || text == setting->get(defaults)) continue;
    sentences.push_back(fmt::format("--{} {} has no effect: only {}", reader.name, text, reader.only));
  }
  return sentences;
}

}  // namespace lockstep
