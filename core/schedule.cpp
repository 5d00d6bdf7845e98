// SPDX-License-Identifier: MIT
// Warm-up and decay of the learning rate.
#include "core/schedule.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "core/names.hpp"

namespace lockstep {
namespace {

constexpr std::array<Named<ScheduleKind>, 4> schedule_names{{{ScheduleKind::constant, "constant"},
                                                             {ScheduleKind::step, "step"},
                                                             {ScheduleKind::linear, "linear"},
                                                             {ScheduleKind::cosine, "cosine"}}};

/// How much of the decay is done at `step`: 0 at the first step of full rate, 1 at the last step of the run.
double share_of_decay(const Schedule& schedule, std::uint64_t step) {
  const std::uint64_t first = std::max<std::uint64_t>(schedule.warmup_steps, 1) - 1;
  const std::uint64_t last = schedule.total_steps - 1;
  return first < last ? static_cast<double>(step - first) / static_cast<double>(last - first) : 0.0;
}

}  // namespace

std::string_view name_of(ScheduleKind kind) { return text_in(schedule_names, kind); }

ScheduleKind schedule_named(std::string_view name) { return value_in(schedule_names, "schedule", name); }

double rate_factor(const Schedule& schedule, std::uint64_t step) {
  assert(schedule.total_steps > 0 && schedule.period_steps > 0);
  step = std::min(step, schedule.total_steps - 1);
  if (step < schedule.warmup_steps) return static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  const double above_final = 1 - schedule.final_fraction;
  switch (schedule.kind) {
    case ScheduleKind::constant:
      return 1;
    case ScheduleKind::step:
      return std::pow(schedule.factor, static_cast<double>((step - schedule.warmup_steps) / schedule.period_steps));
    case ScheduleKind::linear:
      return 1 - above_final * share_of_decay(schedule, step);
    case ScheduleKind::cosine:
      return 1 - above_final * 0.5 * (1 - std::cos(std::numbers::pi * share_of_decay(schedule, step)));
  }
  return 1;
}

}  // namespace lockstep
