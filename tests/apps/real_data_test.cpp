// SPDX-License-Identifier: MIT
// Published results on real data sets, from the files that a user would have, by the recipes that we ship.
// The data are not ours to ship: without them (LOCKSTEP_DATA, or ../shared/data) these tests say that they were
// skipped.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep {
namespace {

using test::CommandResult;
namespace fs = std::filesystem;

fs::path data_directory() {
  const char* given = std::getenv("LOCKSTEP_DATA");
  return given != nullptr ? fs::path{given} : fs::path{LOCKSTEP_SOURCE_DIRECTORY} / ".." / "shared" / "data";
}

class RealData : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(data_directory()))
      GTEST_SKIP() << "no real data at " << data_directory() << "; set LOCKSTEP_DATA to run this";
  }

  [[nodiscard]] static std::string data(const std::string& name) { return (data_directory() / name).string(); }
  [[nodiscard]] std::string file(const std::string& name) const { return directory_ / name; }

  static void must_succeed(const CommandResult& result) { ASSERT_EQ(result.status, 0) << result.out << result.err; }

  void import_files(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"data", "import"});
    must_succeed(test::run_lockstep(std::move(arguments)));
  }

  /// Trains by a shipped recipe on so many ranks and returns the run's summary.
  [[nodiscard]] nlohmann::json train(const std::string& recipe, int ranks) const {
    const std::string run = file("run");
    must_succeed(test::run_lockstep_on(
        ranks, {"train", "--config", std::string{LOCKSTEP_SOURCE_DIRECTORY} + "/apps/recipes/" + recipe + ".toml",
                "--train", file("train.h5"), "--test", file("test.h5"), "--run", run, "--threads", "1"}));
    std::ifstream summary{run + "/summary.json"};
    return nlohmann::json::parse(summary);
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(RealData, OptdigitsReachesNinetySevenPercent) {
  import_files({data("optdigits/optdigits.tra"), file("train.h5"), "--target", "last"});
  import_files({data("optdigits/optdigits.tes"), file("test.h5"), "--target", "last", "--like", file("train.h5")});
  EXPECT_GE(train("optdigits", 2)["test_accuracy"].get<double>(), 0.97);
}

TEST_F(RealData, CaliforniaHousingComesWithin52000Dollars) {
  import_files({data("california-housing/cal_housing.data"), file("all.h5"), "--target", "median_house_value"});
  must_succeed(test::run_lockstep(
      {"data", "split", file("all.h5"), file("train.h5"), file("test.h5"), "--at", "0.8", "--shuffle", "--seed", "1"}));
  EXPECT_LE(train("california-housing", 2)["test_rmse"].get<double>(), 52000);
}

TEST_F(RealData, FashionMnistReproducesThePublishedRecipe) {
  for (const std::string part : {"train", "t10k"})
    import_files({data("fashion-mnist/" + part + "-images-idx3-ubyte.gz"),
                  data("fashion-mnist/" + part + "-labels-idx1-ubyte.gz"),
                  file(part == "train" ? "train.h5" : "test.h5")});
  EXPECT_NEAR(train("fashion-mnist-published", 2)["test_accuracy"].get<double>(), 0.8837, 0.006);
}

}  // namespace
}  // namespace lockstep
