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

void expect_complete_allreduce(int ranks, int partial_sums) {
  const CommandResult result = run_lockstep_on(ranks, {"bench", "allreduce", "--floats", "17,3001", "--shards", "5",
                                                       "--seconds", "0.01", "--threads", "1", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json object = Json::parse(result.out);
  EXPECT_GT(object.at("ratio").get<double>(), 0);
  EXPECT_FALSE(object.at("mpi").get<std::string>().empty());
  ASSERT_EQ(object.at("cases").size(), 2U);
  const Json& last = object.at("cases").at(1);
  EXPECT_EQ(last.at("floats"), 3001);
  EXPECT_EQ(last.at("shards"), 5);
  EXPECT_EQ(last.at("partial_sums"), partial_sums);
  EXPECT_EQ(last.at("ranks"), ranks);
  EXPECT_EQ(last.at("threads"), 1);
  for (const Json& one : object.at("cases"))
    for (const char* figure :
         {"bytes", "ordered_seconds", "allreduce_seconds", "ratio", "ratio_least", "ratio_most", "repetitions"})
      EXPECT_GT(one.at(figure).get<double>(), 0) << figure;
}

TEST(BenchAllreduce, GivesCompleteJsonOnTwoRanks) { expect_complete_allreduce(2, 2); }
TEST(BenchAllreduce, GivesCompleteJsonOnThreeRanks) { expect_complete_allreduce(3, 2); }

TEST(BenchAllreduce, ShowsATableOnTwoRanks) {
  const CommandResult result = run_lockstep_on(2, {"bench", "allreduce", "--floats", "3001", "--seconds", "0.01"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("2 ranks of"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("3,001"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("(geometric mean)"), std::string::npos) << result.out;
}

TEST(BenchAllreduce, SaysHowToStartSeveralRanks) {
  const CommandResult result = run_lockstep({"bench", "allreduce", "--seconds", "0.01"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("this is one alone; start several, such as 'mpirun -n 2 --bind-to none"), std::string::npos)
      << result.err;
}

TEST(BenchAllreduce, ExplainsItself) {
  const CommandResult result = run_lockstep({"bench", "allreduce", "--help"});
  EXPECT_EQ(result.status, 0);
  for (const char* taught : {"--floats", "--shards", "MPI_Allreduce", "medians of", "mpirun -n 2", "Exit status"})
    EXPECT_NE(result.out.find(taught), std::string::npos) << taught;
}

}  // namespace
}  // namespace lockstep::test
