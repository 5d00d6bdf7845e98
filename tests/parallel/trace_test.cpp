// SPDX-License-Identifier: MIT
// Traces: what was recorded, and its sum by phase.
#include "parallel/trace.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lockstep::test {
namespace {

constexpr std::int64_t second = 1'000'000'000;

TraceEvent event(const char* phase, std::int64_t begin, std::int64_t end, int layer = -1) {
  return {phase, layer, begin * second, end * second};
}

TEST(SecondsByPhase, CountsWhatLiesWithinAnotherPhaseOnce) {
  const std::vector<ThreadTrace> traces{
      {.thread = 0,
       .events = {event("merge", 3, 4), event("merge", 5, 7), event("update", 2, 9), event("wait", 1, 12),
                  event("forward", 12, 17, 0), event("forward", 17, 30, 1)}},
      {.thread = 1, .events = {event("forward", 2, 4), event("update", 2, 5)}},
  };
  const std::map<std::string_view, double> seconds = seconds_by_phase(traces);
  ASSERT_EQ(seconds.size(), 4U);
  EXPECT_DOUBLE_EQ(seconds.at("merge"), 3);
  EXPECT_DOUBLE_EQ(seconds.at("update"), 7 - 3 + 3 - 2);
  EXPECT_DOUBLE_EQ(seconds.at("wait"), 11 - 7);
  EXPECT_DOUBLE_EQ(seconds.at("forward"), 18 + 2);
}

TEST(Trace, HoldsWhatHappenedBetweenStartAndStopOnly) {
  const auto span = [](const char* phase) { const TraceSpan recorded{phase, 7}; };
  span("before");
  start_tracing();
  {
    const TraceSpan outer{"outer"};
    span("inner");
  }
  const std::vector<ThreadTrace> traces = stop_tracing();
  span("after");
  ASSERT_EQ(traces.size(), 1U);
  ASSERT_EQ(traces[0].events.size(), 2U);
  const TraceEvent& inner = traces[0].events[0];
  const TraceEvent& outer = traces[0].events[1];
  EXPECT_EQ(std::string{inner.phase}, "inner");
  EXPECT_EQ(inner.layer, 7);
  EXPECT_EQ(std::string{outer.phase}, "outer");
  EXPECT_LE(outer.begin, inner.begin);
  EXPECT_LE(inner.begin, inner.end);
  EXPECT_LE(inner.end, outer.end);
  EXPECT_TRUE(seconds_by_phase({}).empty());
}

}  // namespace
}  // namespace lockstep::test
