// SPDX-License-Identifier: MIT
// The learning rate as a function of the step.
#pragma once

#include <cstdint>
#include <string_view>

namespace lockstep {

/// constant; step: times `factor` every `period` steps; linear: straight to `final_fraction` of the rate at the last
/// step; cosine: the half cosine to the same (Loshchilov & Hutter 2017). All after `warmup` steps that rise
/// linearly from rate / warmup to rate (Goyal et al. 2017); the decay starts from there.
enum class ScheduleKind { constant, step, linear, cosine };

[[nodiscard]] std::string_view name_of(ScheduleKind kind);
[[nodiscard]] ScheduleKind schedule_named(std::string_view name);

struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  std::uint64_t warmup_steps = 0;
  std::uint64_t total_steps = 1;   ///< of the whole run, warm-up included
  std::uint64_t period_steps = 1;  ///< step
  double factor = 0.1;             ///< step
  double final_fraction = 0;       ///< linear, cosine
};

/// What the base rate is multiplied by in step `step`, counted from 0. Beyond total_steps: as at the last step.
/// Linear over 11 steps without warm-up gives 1, 0.9, ..., 0.1, 0 for final_fraction 0.
[[nodiscard]] double rate_factor(const Schedule& schedule, std::uint64_t step);

}  // namespace lockstep
