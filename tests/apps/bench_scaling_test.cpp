// SPDX-License-Identifier: MIT
// lockstep bench scaling: that it runs, that its JSON and its files are complete, and what it concludes from rates that
// are given. How fast anything is, no test says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/csv_text.hpp"
#include "apps/plot.hpp"
#include "apps/scaling_forecast.hpp"
#include "apps/scaling_report.hpp"
#include "support/command.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::vector<std::string> scaling(const std::string& threads, const std::vector<std::string>& more) {
  std::vector<std::string> command{"bench",  "scaling",   "--net", "13-17-3",   "--batch", "37",
                                   "--json", "--seconds", "0.01",  "--threads", threads};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

void expect_complete(const Json& object, std::size_t shapes) {
  ASSERT_EQ(object.at("cases").size(), 4 * shapes);
  for (const Json& one : object.at("cases")) {
    for (const char* figure :
         {"ranks", "threads", "batch", "shard", "samples_per_second", "step_seconds", "step_seconds_least",
          "step_seconds_most", "efficiency", "efficiency_least", "efficiency_most"})
      EXPECT_GT(one.at(figure).get<double>(), 0) << figure;
    EXPECT_GE(one.at("exposed_communication").get<double>(), 0) << one;
    EXPECT_LT(one.at("exposed_communication").get<double>(), 1) << one;
    EXPECT_GT(one.at("model_error").get<double>(), -1) << one;
    EXPECT_EQ(one.at("fitted"), one.at("scaling") == "strong") << one;
  }
  for (const char* rate : {"flops_of_worker", "additions_of_worker", "within_host", "between_hosts"})
    EXPECT_TRUE(object.at("model").contains(rate)) << rate;
  EXPECT_GE(object.at("model").at("greatest_error_on_held_out").get<double>(), 0);
  ASSERT_EQ(object.at("foretold").size(), 9U);
  EXPECT_EQ(object.at("foretold").at(8).at("ranks"), 16384);
  for (const Json& row : object.at("foretold"))
    for (const char* figure :
         {"threads", "ranks_per_host", "batch", "shard", "computation_seconds", "direct_step_seconds",
          "by_hosts_step_seconds", "samples_per_second", "efficiency", "efficient_batch"})
      EXPECT_GT(row.at(figure).get<double>(), 0) << figure;
  EXPECT_TRUE(object.at("messages_dominate_from_ranks").contains("by_hosts"));
  EXPECT_TRUE(object.contains("by_hosts_faster_from_ranks"));
}

TEST(BenchScaling, GivesCompleteJsonOnThreeRanks) {
  const CommandResult result = run_lockstep_on(3, scaling("2", {"--latency", "2", "--bandwidth", "10"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const Json object = Json::parse(result.out);
  // Ranks 1, 2, 3 and threads 1, 2, as far as there are cores.
  const std::size_t shapes = object.at("cases").size() / 4;
  EXPECT_GE(shapes, 1U);
  EXPECT_LE(shapes, 6U);
  EXPECT_EQ(shapes < 6, result.err.find("more workers than cores") != std::string::npos) << result.err;
  expect_complete(object, shapes);
}

/// The cells of a line without quotes.
std::size_t cells(const std::string& line) { return 1 + static_cast<std::size_t>(std::ranges::count(line, ',')); }

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream stream{path};
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void expect_table(const std::string& path, std::size_t rows, const std::string& begin) {
  const std::vector<std::string> lines = lines_of(path);
  ASSERT_EQ(lines.size(), rows + 1) << path;
  EXPECT_EQ(lines.front().rfind(begin, 0), 0U) << lines.front();
  for (const std::string& line : lines) EXPECT_EQ(cells(line), cells(lines.front())) << line;
}

void expect_files(const std::string& out, bool pictures) {
  expect_complete(Json::parse(std::ifstream{out + "/scaling.json"}), 1);
  expect_table(out + "/scaling.csv", 4, "scaling,ranks,threads,batch,");
  expect_table(out + "/forecast.csv", 9, "ranks,threads,ranks_per_host,");
  for (const char* plot :
       {"strong-efficiency", "strong-rate", "weak-efficiency", "weak-rate", "forecast-time", "forecast-rate"}) {
    const std::string path = out + "/plots/" + plot;
    for (const char* ending : {".dat", ".gp"}) EXPECT_TRUE(fs::exists(path + ending)) << path;
    for (const char* ending : {".svg", ".png"}) EXPECT_EQ(fs::exists(path + ending), pictures) << path;
  }
}

TEST(BenchScaling, WritesTablesAndPictures) {
  const TemporaryDirectory directory;
  const std::string out = directory / "new/scaling";
  const CommandResult result =
      run_lockstep(scaling("1", {"--out", out, "--latency", "2", "--bandwidth", "10", "--ranks-per-host", "4"}));
  ASSERT_EQ(result.status, 0) << result.err;
  expect_files(out, has_gnuplot());
  EXPECT_EQ(Json::parse(std::ifstream{out + "/scaling.json"}), Json::parse(result.out));
}

TEST(BenchScaling, SaysWhatToInstallWhereThereIsNoGnuplot) {
  const TemporaryDirectory directory;
  const std::string out = directory / "scaling";
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const CommandResult result = run_lockstep(scaling("1", {"--out", out, "--latency", "2", "--bandwidth", "10"}));
  setenv("PATH", path.c_str(), 1);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("apt-get install gnuplot-nox"), std::string::npos) << result.err;
  expect_files(out, false);
}

TEST(BenchScaling, ReplacesNothing) {
  const TemporaryDirectory directory;
  std::ofstream{directory / "mine"} << "mine";
  for (const std::string& out : {directory.path(), directory / "mine"}) {
    const CommandResult result = run_lockstep(scaling("1", {"--out", out}));
    EXPECT_EQ(result.status, 2) << out;
    EXPECT_NE(result.err.find("choose another --out"), std::string::npos) << result.err;
  }
  EXPECT_EQ(lines_of(directory / "mine"), std::vector<std::string>{"mine"});
}

TEST(BenchScaling, ForetellsNothingWithoutANetwork) {
  const CommandResult result = run_lockstep(scaling("1", {}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("No forecast: one rank sends no messages"), std::string::npos) << result.err;
  EXPECT_TRUE(Json::parse(result.out).at("foretold").empty());
}

TEST(BenchScaling, WantsLatencyAndBandwidthTogether) {
  const CommandResult result = run_lockstep({"bench", "scaling", "--latency", "5"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("--bandwidth"), std::string::npos) << result.err;
}

TEST(BenchScaling, RefusesNetworksThatAreNone) {
  const std::vector<std::vector<std::string>> wrong{
      {"--latency", "nan", "--bandwidth", "nan"}, {"--bandwidth", "inf", "--latency", "2"}, {"--ranks-per-host", "3"}};
  for (const std::vector<std::string>& flags : wrong) {
    const CommandResult result = run_lockstep(scaling("1", flags));
    EXPECT_EQ(result.status, 2) << flags.front();
    EXPECT_NE(result.err.find(flags.front()), std::string::npos) << result.err;
  }
}

/// 50 GFLOP/s and 1 G sums/s a worker.
ScalingModel machine(LinkRates network) {
  std::vector<ScalingModel::MeasuredStep> steps;
  for (const Index batch : {16, 1024}) {
    ScalingModel::MeasuredStep& step = steps.emplace_back();
    StepCase& what = step.point.what;
    what.sizes = {784, 512, 10};
    what.batch_size = batch;
    what.shard_size = 16;
    const double shards = static_cast<double>(batch) / 16;
    step.seconds = step_flop(what).total() / 50e9 + (785 * 512 + 513 * 10) * (shards + 1) / 1e9;
  }
  const ScalingModel::MeasuredExchange inside{
      .floats = 64, .leaves = 8, .shape = {.ranks = 2, .threads = 1, .ranks_per_host = 2}, .seconds = 2e-6};
  return ScalingModel::fitted(steps, {inside}).with_network(network);
}

ScalingForecast forecast(LinkRates network, int ranks_per_host) {
  return {machine(network), {.sizes = {784, 512, 10}, .batch = 1024, .threads = 1, .ranks_per_host = ranks_per_host}};
}

TEST(ScalingForecast, FindsWhereMessagesDominate) {
  const ScalingForecast slow = forecast({.latency_seconds = 1e-3, .bytes_per_second = 1e9}, 4);
  const ScalingForecast fast = forecast({.latency_seconds = 1e-9, .bytes_per_second = 1e15}, 4);
  const std::optional<int> from = slow.messages_dominate_from(Route::direct);
  ASSERT_TRUE(from);
  EXPECT_EQ(*from, 8);  // the first with a second host: 4 messages either way, longer than 13 ms of computation
  EXPECT_NE(slow.words().find("from 8 ranks on"), std::string::npos) << slow.words();
  const std::optional<int> later = fast.messages_dominate_from(Route::by_hosts);
  EXPECT_TRUE(!later || *later > 64);
}

TEST(ScalingForecast, FindsWhereHostsShouldAddUpFirst) {
  const ScalingForecast shared = forecast({.latency_seconds = 1e-5, .bytes_per_second = 1e9}, 16);
  ASSERT_TRUE(shared.by_hosts_faster_from());
  EXPECT_EQ(*shared.by_hosts_faster_from(), 32);  // from the second host on
  for (const ForecastRow& row : shared.rows()) EXPECT_LT(row.by_hosts.seconds, row.direct.seconds) << row.ranks;
  // Alone on its host nobody has anything to add up first.
  const ScalingForecast alone = forecast({.latency_seconds = 1e-5, .bytes_per_second = 1e9}, 1);
  EXPECT_FALSE(alone.by_hosts_faster_from());
  EXPECT_EQ(alone.words().find("within hosts first"), std::string::npos) << alone.words();
}

TEST(ScalingForecast, FindsBatchesThatAreLargeEnough) {
  const ScalingForecast found = forecast({.latency_seconds = 1e-6, .bytes_per_second = 1e10}, 1);
  Index before = 1024;
  for (const ForecastRow& row : found.rows()) {
    EXPECT_GE(row.efficient_batch, before) << row.ranks;
    before = row.efficient_batch;
    EXPECT_EQ(row.efficient_batch == 1024, row.efficiency >= ScalingForecast::enough) << row.ranks;
  }
  EXPECT_GT(before, 16384);
}

TEST(ScalingReport, CautionsAgainstAModelThatIsFarOff) {
  EXPECT_EQ(model_caution(0.15), "");
  const std::string caution = model_caution(0.37);
  EXPECT_NE(caution.find("37 %"), std::string::npos) << caution;
  EXPECT_NE(caution.find("--seconds"), std::string::npos) << caution;
}

TEST(CsvText, QuotesWhatNeedsIt) {
  const nlohmann::ordered_json rows = {{{"a", "x"}, {"b,c", 1.5}}, {{"a", "say \"y\""}, {"b,c", nullptr}}};
  EXPECT_EQ(csv_text(rows), "a,\"b,c\"\nx,1.5\n\"say \"\"y\"\"\",\n");
  EXPECT_EQ(csv_text(nlohmann::ordered_json::array()), "");
}

}  // namespace
}  // namespace lockstep::test
