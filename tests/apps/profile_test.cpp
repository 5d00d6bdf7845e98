// SPDX-License-Identifier: MIT
// train --profile, and the shares of time in the summary: complete and consistent, whatever they come to.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "support/command.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep::test {
namespace {

using Json = nlohmann::json;

Json json_of_file(const std::string& path) {
  std::ifstream file{path};
  return Json::parse(file);
}

/// Trains with --profile; returns the trace.
Json profiled(const TemporaryDirectory& directory, int ranks, const std::string& steps) {
  const std::string data = directory / "digits.h5";
  EXPECT_EQ(run_lockstep({"data", "make", "digits", data, "--samples", "222"}).status, 0);
  const std::vector<std::string> command{"train",
                                         "--train",
                                         data,
                                         "--run",
                                         directory / "run",
                                         "--hidden",
                                         "31,17",
                                         "--batch-size",
                                         "37",
                                         "--shard-size",
                                         "5",
                                         "--steps",
                                         steps,
                                         "--threads",
                                         "2",
                                         "--profile",
                                         directory / "trace.json"};
  const CommandResult result = ranks > 1 ? run_lockstep_on(ranks, command) : run_lockstep(command);
  EXPECT_EQ(result.status, 0) << result.err;
  return json_of_file(directory / "trace.json");
}

/// Counts of events by name, of all that have a duration.
std::map<std::string, int> counts(const Json& trace) {
  std::map<std::string, int> found;
  for (const Json& event : trace.at("traceEvents"))
    if (event.at("ph") == "X") ++found[event.at("name").get<std::string>()];
  return found;
}

/// In each row of each rank, of two events that overlap one lies within the other.
void expect_nested(const Json& trace) {
  struct Span {
    double begin, end;
  };
  std::map<std::pair<int, int>, std::vector<Span>> rows;
  for (const Json& event : trace.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    const double begin = event.at("ts").get<double>();
    const double duration = event.at("dur").get<double>();
    EXPECT_GE(duration, 0);
    rows[{event.at("pid"), event.at("tid")}].push_back({begin, begin + duration});
  }
  constexpr double rounding = 0.0005;  // half a nanosecond, in microseconds
  for (auto& [place, spans] : rows) {
    std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      return a.begin < b.begin || (a.begin == b.begin && a.end > b.end);
    });
    std::vector<double> open;
    for (const Span& span : spans) {
      while (!open.empty() && open.back() <= span.begin + rounding) open.pop_back();
      if (!open.empty()) {
        EXPECT_LE(span.end, open.back() + rounding) << "rank " << place.first;
      }
      open.push_back(span.end);
    }
  }
}

void expect_all_phases(const Json& trace, int ranks, int steps) {
  std::map<std::string, int> found = counts(trace);
  EXPECT_EQ(found["step"], ranks * steps);
  for (const char* phase : {"gather", "forward hidden1", "forward hidden2", "forward output", "loss",
                            "backward hidden2", "backward output", "weight gradient hidden1", "weight gradient hidden2",
                            "weight gradient output", "exchange: start", "exchange: wait", "update"})
    EXPECT_GT(found[phase], 0) << phase;
  EXPECT_EQ(found["gather"], 8 * steps);  // a batch of 37 has 8 shards of 5
}

TEST(Profile, ShowsFiveStepsByPhaseAndLayer) {
  const TemporaryDirectory directory;
  const Json trace = profiled(directory, 1, "23");
  expect_all_phases(trace, 1, 5);
  expect_nested(trace);
}

TEST(Profile, GathersAllRanksInOneFile) {
  const TemporaryDirectory directory;
  const Json trace = profiled(directory, 2, "23");
  expect_all_phases(trace, 2, 5);
  expect_nested(trace);
  std::set<int> ranks;
  for (const Json& event : trace.at("traceEvents")) ranks.insert(event.at("pid").get<int>());
  EXPECT_EQ(ranks, (std::set<int>{0, 1}));
}

TEST(Profile, ShowsWhatAShortRunHas) {
  const TemporaryDirectory directory;
  expect_all_phases(profiled(directory, 1, "2"), 1, 2);
}

TEST(Profile, RefusesAFileThatCannotBeWritten) {
  const TemporaryDirectory directory;
  const std::string data = directory / "digits.h5";
  ASSERT_EQ(run_lockstep({"data", "make", "digits", data, "--samples", "53"}).status, 0);
  const CommandResult result = run_lockstep({"train", "--train", data, "--run", directory / "run", "--steps", "2",
                                             "--profile", directory / "nowhere/trace.json"});
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_FALSE(std::filesystem::exists(directory / "run"));
}

TEST(Summary, TellsTheSharesOfTimeSpentWaiting) {
  const TemporaryDirectory directory;
  (void)profiled(directory, 2, "7");
  const Json waiting = json_of_file(directory / "run/summary.json").at("waiting");
  for (const char* share : {"input", "communication", "checkpoints"}) {
    EXPECT_GT(waiting.at(share).get<double>(), 0) << share;
    EXPECT_LT(waiting.at(share).get<double>(), 1) << share;
  }
}

}  // namespace
}  // namespace lockstep::test
