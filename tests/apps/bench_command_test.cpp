// SPDX-License-Identifier: MIT
// lockstep bench: that it runs and that its JSON is complete. How fast anything is, no test says.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/command.hpp"

namespace lockstep::test {
namespace {

using Json = nlohmann::json;

void expect_complete_step(const CommandResult& result, int ranks) {
  ASSERT_EQ(result.status, 0) << result.err;
  const Json object = Json::parse(result.out);
  EXPECT_GT(object.at("peak_gflops").get<double>(), 0);
  ASSERT_EQ(object.at("cases").size(), 4U);
  const Json& last = object.at("cases").at(3);
  EXPECT_EQ(last.at("net"), "13-7-3");
  EXPECT_EQ(last.at("batch"), 37);
  EXPECT_EQ(last.at("shard"), 11);
  EXPECT_EQ(last.at("ranks"), ranks);
  EXPECT_EQ(last.at("threads"), 1);
  for (const Json& one : object.at("cases"))
    for (const char* figure : {"samples_per_second", "gflops", "of_peak"})
      EXPECT_GT(one.at(figure).get<double>(), 0) << figure;
}

const std::vector<std::string> step_command{"bench",        "step", "--net",     "13-3,13-7-3", "--batch",   "5,37",
                                            "--shard-size", "11",   "--seconds", "0.01",        "--threads", "1",
                                            "--json"};

TEST(BenchStep, GivesCompleteJsonOnOneRank) { expect_complete_step(run_lockstep(step_command), 1); }
TEST(BenchStep, GivesCompleteJsonOnTwoRanks) { expect_complete_step(run_lockstep_on(2, step_command), 2); }

TEST(BenchStep, NamesWhatIsNotANetwork) {
  for (const char* net : {"784", "784-", "784--10", "a-b", "784-0-10", "784-10x"}) {
    const CommandResult result = run_lockstep({"bench", "step", "--net", net, "--seconds", "0.01"});
    EXPECT_EQ(result.status, 2) << net;
    EXPECT_NE(result.err.find(std::string{"--net '"} + net + "' is not a network"), std::string::npos) << result.err;
  }
}

}  // namespace
}  // namespace lockstep::test
