// SPDX-License-Identifier: MIT
// lockstep bench: that it runs and that its JSON is complete. How fast anything is, no test says.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "support/command.hpp"
#include "support/temporary_directory.hpp"

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
    for (const char* figure : {"samples_per_second", "gflops", "of_peak", "exposed_communication"})
      EXPECT_GT(one.at(figure).get<double>(), 0) << figure;
}

const std::vector<std::string> step_command{"bench",        "step", "--net",     "13-3,13-7-3", "--batch",   "5,37",
                                            "--shard-size", "11",   "--seconds", "0.01",        "--threads", "1",
                                            "--json"};

TEST(BenchStep, GivesCompleteJsonOnOneRank) { expect_complete_step(run_lockstep(step_command), 1); }
TEST(BenchStep, GivesCompleteJsonOnTwoRanks) { expect_complete_step(run_lockstep_on(2, step_command), 2); }

TEST(BenchStep, ShowsWhatTheOrderOfSumsCosts) {
  for (const int ranks : {1, 3}) {
    std::vector<std::string> command = step_command;
    command.emplace_back("--order");
    const CommandResult result = run_lockstep_on(ranks, command);
    ASSERT_EQ(result.status, 0) << result.err;
    const Json object = Json::parse(result.out);
    EXPECT_GT(object.at("ratio").get<double>(), 0);
    ASSERT_EQ(object.at("cases").size(), 4U);
    for (const Json& one : object.at("cases"))
      for (const char* figure : {"ratio", "ratio_least", "ratio_most", "repetitions", "shard"})
        EXPECT_GT(one.at(figure).get<double>(), 0) << figure;
  }
}

/// The phases of a case that took time.
std::set<std::string> phases_of(const Json& one) {
  double total = 0;
  std::set<std::string> names;
  for (const Json& phase : one.at("phases")) {
    const std::string name = phase.at("phase");
    const double of_time = phase.at("of_time");
    if (of_time > 0) names.insert(name);
    total += of_time;
    const bool products = name == "forward" || name == "backward" || name == "weight gradient";
    EXPECT_EQ(phase.contains("of_peak"), products && of_time > 0) << name;
  }
  EXPECT_EQ(one.at("phases").size(), 11U);
  EXPECT_NEAR(total, 1, 1e-6);
  return names;
}

void expect_complete_phases(int ranks) {
  std::vector<std::string> command = step_command;
  command.emplace_back("--phases");
  const CommandResult result = run_lockstep_on(ranks, command);
  ASSERT_EQ(result.status, 0) << result.err;
  const Json object = Json::parse(result.out);
  ASSERT_EQ(object.at("cases").size(), 4U);
  for (const Json& one : object.at("cases")) {
    EXPECT_GT(one.at("samples_per_second").get<double>(), 0);
    EXPECT_GT(one.at("peak_gflops").get<double>(), 0);
    EXPECT_NEAR(one.at("of_peak").get<double>(), one.at("gflops").get<double>() / one.at("peak_gflops").get<double>(),
                1e-9);
    EXPECT_EQ(one.at("ranks"), ranks);
    std::set<std::string> expected{"forward", "gather", "loss", "other", "update", "weight gradient"};
    if (one.at("net") == "13-7-3") expected.insert("backward");
    if (ranks > 1) expected.insert({"exchange: add", "exchange: start", "exchange: wait"});
    EXPECT_EQ(phases_of(one), expected);
  }
}

TEST(BenchStep, TellsTheTimeOfPhasesOnOneRank) { expect_complete_phases(1); }
TEST(BenchStep, TellsTheTimeOfPhasesOnTwoRanks) { expect_complete_phases(2); }

TEST(BenchStep, ShowsPhasesAsATable) {
  const CommandResult result = run_lockstep(
      {"bench", "step", "--phases", "--net", "13-3,13-7-3", "--batch", "5", "--seconds", "0.01", "--threads", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("1 rank of 2 threads"), std::string::npos) << result.out;
  for (const char* column : {"of peak", "gather", "forward", "backward", "weight gradient", "update", "other", " at "})
    EXPECT_NE(result.out.find(column), std::string::npos) << column << result.out;
  const CommandResult both = run_lockstep({"bench", "step", "--phases", "--order"});
  EXPECT_EQ(both.status, 2);
  EXPECT_NE(both.err.find("--order excludes --phases"), std::string::npos) << both.err;
}

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

TEST(BenchAllreduce, AddsUpByHostsThatItIsTold) {
  const auto run_on = [](int ranks, const std::string& each) {
    return run_lockstep_on(ranks, {"bench", "allreduce", "--floats", "3001", "--seconds", "0.01", "--threads", "1",
                                   "--json", "--ranks-per-host", each});
  };
  for (const int each : {1, 2}) {
    const CommandResult result = run_on(4, std::to_string(each));
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(Json::parse(result.out).at("cases").at(0).at("ranks_per_host"), each);
  }
  const CommandResult uneven = run_on(3, "2");
  EXPECT_EQ(uneven.status, 2);
  EXPECT_NE(uneven.err.find("--ranks-per-host is 2, but 3 ranks are no multiple of it"), std::string::npos)
      << uneven.err;
}

TEST(BenchStep, TakesAnExchangeInBfloat16ByHosts) {
  const CommandResult result =
      run_lockstep_on(4, {"bench", "step", "--net", "13-17-3", "--batch", "37", "--seconds", "0.01", "--threads", "1",
                          "--exchange", "bf16", "--ranks-per-host", "2", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json one = Json::parse(result.out).at("cases").at(0);
  EXPECT_EQ(one.at("exchange"), "bf16");
  EXPECT_EQ(one.at("ranks_per_host"), 2);
  EXPECT_GT(one.at("samples_per_second").get<double>(), 0);
  const CommandResult wrong = run_lockstep({"bench", "step", "--exchange", "bf61", "--seconds", "0.01"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.err.find("unknown exchange 'bf61'"), std::string::npos) << wrong.err;
}

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

void expect_complete_input(const CommandResult& result, int ranks, const std::vector<std::string>& layouts) {
  ASSERT_EQ(result.status, 0) << result.err;
  const Json object = Json::parse(result.out);
  ASSERT_EQ(object.at("cases").size(), 2 * layouts.size());
  for (std::size_t i = 0; i < object.at("cases").size(); ++i) {
    const Json& one = object.at("cases").at(i);
    EXPECT_EQ(one.at("layout"), layouts[i / 2]);
    EXPECT_EQ(one.at("cache"), i % 2 == 0 ? "warm" : "cold");
    EXPECT_EQ(one.at("ranks"), ranks);
    for (const char* figure :
         {"samples", "features", "bytes", "file_bytes", "batch", "threads", "samples_per_second", "bytes_per_second",
          "read_file_bytes_per_second", "of_read", "of_read_least", "of_read_most", "repetitions"})
      EXPECT_GT(one.at(figure).get<double>(), 0) << figure;
    if (i % 2 == 1) continue;
    for (const char* figure :
         {"memcpy_bytes_per_second", "of_memcpy", "of_memcpy_least", "of_memcpy_most", "delivered_of_memcpy"})
      EXPECT_GT(one.at(figure).get<double>(), 0) << figure;
  }
}

TEST(BenchInput, MakesDataSetsMeasuresThemAndRemovesThem) {
  const TemporaryDirectory directory;
  for (const bool floats : {false, true}) {
    std::vector<std::string> command{"bench",     "input",   "--samples", "701",         "--features",
                                     "37",        "--batch", "53",        "--seconds",   "0.01",
                                     "--threads", "2",       "--json",    "--directory", directory.path()};
    if (floats) command.emplace_back("--floats");
    expect_complete_input(run_lockstep(command), 1, {"contiguous", "chunked", "gzip"});
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  }
}

TEST(BenchInput, MeasuresAFileOfTheUsersOnTwoRanks) {
  const TemporaryDirectory directory;
  const std::string path = directory / "digits.h5";
  ASSERT_EQ(run_lockstep({"data", "make", "digits", path, "--samples", "307", "--chunk", "41"}).status, 0);
  const CommandResult result =
      run_lockstep_on(2, {"bench", "input", path, "--seconds", "0.01", "--threads", "1", "--json"});
  expect_complete_input(result, 2, {"chunked"});
  EXPECT_EQ(Json::parse(result.out).at("cases").at(0).at("chunk_samples"), 41);
}

TEST(BenchInput, SaysWhatCannotBeRead) {
  const CommandResult result = run_lockstep({"bench", "input", "nowhere.h5"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("nowhere.h5"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace lockstep::test
