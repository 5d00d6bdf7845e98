// SPDX-License-Identifier: MIT
#include "core/schedule.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/error.hpp"

namespace lockstep {
namespace {

std::vector<double> factors(const Schedule& schedule, std::uint64_t steps) {
  std::vector<double> all;
  for (std::uint64_t step = 0; step < steps; ++step) all.push_back(rate_factor(schedule, step));
  return all;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t step = 0; step < got.size(); ++step) EXPECT_NEAR(got[step], expected[step], 1e-12) << step;
}

TEST(Schedule, ConstantIsOneAfterTheWarmUp) {
  expect_near(factors({.kind = ScheduleKind::constant, .warmup_steps = 4, .total_steps = 7}, 7),
              {0.25, 0.5, 0.75, 1, 1, 1, 1});
}

TEST(Schedule, StepFallsEveryPeriodCountedFromTheEndOfTheWarmUp) {
  const Schedule schedule{
      .kind = ScheduleKind::step, .warmup_steps = 2, .total_steps = 9, .period_steps = 3, .factor = 0.5};
  expect_near(factors(schedule, 9), {0.5, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25});
}

TEST(Schedule, LinearReachesItsFinalFractionAtTheLastStep) {
  expect_near(factors({.kind = ScheduleKind::linear, .total_steps = 5, .final_fraction = 0.2}, 5),
              {1, 0.8, 0.6, 0.4, 0.2});
  expect_near(factors({.kind = ScheduleKind::linear, .warmup_steps = 3, .total_steps = 7}, 7),
              {1.0 / 3, 2.0 / 3, 1, 0.75, 0.5, 0.25, 0});
}

TEST(Schedule, CosineFallsSlowlyAtBothEnds) {
  // (1 + cos(pi k / 6)) / 2
  expect_near(factors({.kind = ScheduleKind::cosine, .total_steps = 7}, 7),
              {1, 0.9330127018922193, 0.75, 0.5, 0.25, 0.0669872981077807, 0});
  expect_near(factors({.kind = ScheduleKind::cosine, .total_steps = 3, .final_fraction = 0.5}, 3), {1, 0.75, 0.5});
}

TEST(Schedule, StaysAtTheLastStepBeyondTheEnd) {
  for (const ScheduleKind kind :
       {ScheduleKind::constant, ScheduleKind::step, ScheduleKind::linear, ScheduleKind::cosine}) {
    const Schedule schedule{.kind = kind, .warmup_steps = 2, .total_steps = 11, .period_steps = 3};
    EXPECT_EQ(rate_factor(schedule, 1000), rate_factor(schedule, 10)) << name_of(kind);
  }
}

TEST(Schedule, TakesASingleStepAtFullRate) {
  for (const ScheduleKind kind :
       {ScheduleKind::constant, ScheduleKind::step, ScheduleKind::linear, ScheduleKind::cosine})
    EXPECT_EQ(rate_factor({.kind = kind, .total_steps = 1}, 0), 1.0) << name_of(kind);
}

TEST(Schedule, OnlyRisesWhenTheWarmUpIsLongerThanTheRun) {
  expect_near(factors({.kind = ScheduleKind::cosine, .warmup_steps = 10, .total_steps = 3}, 4), {0.1, 0.2, 0.3, 0.3});
}

TEST(Schedule, NamesReadBack) {
  EXPECT_EQ(schedule_named("cosine"), ScheduleKind::cosine);
  EXPECT_EQ(name_of(ScheduleKind::step), "step");
  EXPECT_THROW((void)schedule_named("cosin"), RequestError);
}

}  // namespace
}  // namespace lockstep
