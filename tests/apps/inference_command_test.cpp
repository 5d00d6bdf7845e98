// SPDX-License-Identifier: MIT
// lockstep evaluate, predict and checkpoint, on models that lockstep train made.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "io/hdf5_array.hpp"
#include "io/hdf5_attribute.hpp"
#include "support/command.hpp"
#include "support/data_files.hpp"

namespace lockstep::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class InferenceCommands : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryDirectory>();
    write_blobs(at("train.h5"), 211);
    write_blobs(at("test.h5"), 1009, 1);
    write_plane(at("plane.h5"), 97);
    ASSERT_EQ(run_lockstep({"train", "--train", at("train.h5"), "--test", at("test.h5"), "--run", at("blobs"),
                            "--epochs", "7", "--hidden", "11", "--threads", "1"})
                  .status,
              0);
    ASSERT_EQ(run_lockstep({"train", "--train", at("plane.h5"), "--test", at("plane.h5"), "--run", at("plane"),
                            "--epochs", "7", "--hidden", "5", "--threads", "1"})
                  .status,
              0);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string at(const std::string& name) { return *folder_ / name; }
  static Json summary(const std::string& run) { return Json::parse(std::ifstream{at(run + "/summary.json")}); }
  static std::string checkpoint(const std::string& run) {
    return fs::directory_iterator { at(run + "/checkpoints") } -> path().string();
  }

  TemporaryDirectory out_;

 private:
  static std::unique_ptr<TemporaryDirectory> folder_;
};
std::unique_ptr<TemporaryDirectory> InferenceCommands::folder_;

TEST_F(InferenceCommands, EvaluateRepeatsTheFiguresOfTheSummary) {
  const CommandResult result = run_lockstep({"evaluate", at("blobs"), at("test.h5"), "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const Json object = Json::parse(result.out);
  EXPECT_EQ(object.at("weights_hash"), summary("blobs").at("weights_hash"));
  EXPECT_EQ(object.at("loss"), summary("blobs").at("test_loss"));
  EXPECT_EQ(object.at("accuracy"), summary("blobs").at("test_accuracy"));
  EXPECT_EQ(object.at("confusion").size(), 3U);
}

TEST_F(InferenceCommands, PredictNeverReplacesItsOwnInput) {
  for (const std::string& input : {at("test.h5"), checkpoint("blobs")}) {
    const auto size = std::filesystem::file_size(input);
    const CommandResult result = run_lockstep({"predict", checkpoint("blobs"), at("test.h5"), input, "--force"});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("cannot be both input and output"), std::string::npos) << result.err;
    EXPECT_EQ(std::filesystem::file_size(input), size);
  }
}

TEST_F(InferenceCommands, EvaluateShowsRecallAndConfusionByClassName) {
  const CommandResult result = run_lockstep({"evaluate", checkpoint("blobs"), at("test.h5")});
  ASSERT_EQ(result.status, 0) << result.err;
  for (const char* word : {"accuracy", "recall", "birch", "cedar"})
    EXPECT_NE(result.out.find(word), std::string::npos) << result.out;
}

TEST_F(InferenceCommands, EvaluateShowsTheFiguresOfEachTarget) {
  const CommandResult result = run_lockstep({"evaluate", at("plane"), at("plane.h5")});
  ASSERT_EQ(result.status, 0) << result.err;
  for (const char* word : {"RMSE", "MAE", "R2", "height", "the loss is on standardized targets"})
    EXPECT_NE(result.out.find(word), std::string::npos) << result.out;
}

TEST_F(InferenceCommands, EvaluateSaysTheSameOnThreeRanks) {
  Json alone = Json::parse(run_lockstep({"evaluate", at("blobs"), at("test.h5"), "--json"}).out);
  const CommandResult result = run_lockstep_on(3, {"evaluate", at("blobs"), at("test.h5"), "--json", "--threads", "1"});
  ASSERT_EQ(result.status, 0) << result.err;
  Json together = Json::parse(result.out);
  for (Json* object : {&alone, &together}) {
    object->erase("ranks");
    object->erase("threads");
  }
  EXPECT_EQ(together, alone);
}

TEST_F(InferenceCommands, EvaluateRefusesDataOfAnotherForm) {
  const CommandResult result = run_lockstep({"evaluate", at("blobs"), at("plane.h5")});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("features"), std::string::npos) << result.err;
}

TEST_F(InferenceCommands, EvaluateRefusesADirectoryWithoutCheckpoints) {
  const CommandResult result = run_lockstep({"evaluate", out_.path(), at("test.h5")});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("holds no checkpoint; give the directory of a run"), std::string::npos) << result.err;
}

TEST_F(InferenceCommands, PredictAveragesNetworksDrawnByDropoutOnAnyRanks) {
  ASSERT_EQ(run_lockstep({"train", "--train", at("plane.h5"), "--run", out_ / "run", "--epochs", "3", "--hidden", "13",
                          "--dropout", "0.25", "--threads", "1"})
                .status,
            0);
  const auto predicted = [&](const std::string& name, int ranks) {
    const std::string path = out_ / name;
    const std::vector<std::string> command{"predict", out_ / "run", at("plane.h5"), path, "--mc-samples", "7",
                                           "--seed",  "3",          "--threads",    "2"};
    const CommandResult result = ranks == 1 ? run_lockstep(command) : run_lockstep_on(ranks, command);
    EXPECT_EQ(result.status, 0) << result.err;
    const Hdf5File file = Hdf5File::open(path, "");
    std::vector<float> values(2 * 97);
    Hdf5Array::open(file, "/predictions").read({0, 97}, Element::float32, values.data());
    Hdf5Array::open(file, "/standard_deviation").read({0, 97}, Element::float32, values.data() + 97);
    EXPECT_EQ(Hdf5Attributes(file, "/").integers("mc_samples"), std::vector<Index>{7});
    return values;
  };
  const std::vector<float> alone = predicted("alone.h5", 1);
  EXPECT_EQ(predicted("together.h5", 2), alone);
  EXPECT_GT(*std::max_element(alone.begin() + 97, alone.end()), 0.01F);
}

TEST_F(InferenceCommands, PredictRefusesToDrawNetworksOfAModelWithoutDropout) {
  const CommandResult result =
      run_lockstep({"predict", at("plane"), at("plane.h5"), out_ / "out.h5", "--mc-samples", "7"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("trained without dropout"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(out_ / "out.h5"));
}

TEST_F(InferenceCommands, PredictWritesProbabilitiesAndClasses) {
  const std::string out = out_ / "predictions.h5";
  const CommandResult result = run_lockstep({"predict", at("blobs"), at("test.h5"), out});
  ASSERT_EQ(result.status, 0) << result.err;
  const Hdf5File file = Hdf5File::open(out, "");
  const Hdf5Array predictions = Hdf5Array::open(file, "/predictions");
  const Hdf5Array classes = Hdf5Array::open(file, "/classes");
  ASSERT_EQ(predictions.shape(), (std::vector<Index>{1009, 3}));
  ASSERT_EQ(classes.shape(), (std::vector<Index>{1009}));
  std::vector<double> probabilities(1009 * 3);
  std::vector<Label> labels(1009);
  predictions.read({0, 1009}, Element::float64, probabilities.data());
  classes.read({0, 1009}, Element::int32, labels.data());
  int right = 0;
  for (std::size_t sample = 0; sample < 1009; ++sample) {
    const double* row = &probabilities[sample * 3];
    EXPECT_NEAR(row[0] + row[1] + row[2], 1, 1e-5);
    EXPECT_EQ(std::max_element(row, row + 3) - row, labels[sample]);
    right += labels[sample] == static_cast<Label>((sample + 1) % 3) ? 1 : 0;
  }
  EXPECT_NEAR(right / 1009.0, summary("blobs").at("test_accuracy").get<double>(), 1e-9);
  EXPECT_EQ(Hdf5Attributes(file, "/").texts("class_names"), (std::vector<std::string>{"ash", "birch", "cedar"}));
}

TEST_F(InferenceCommands, PredictWritesValuesInTheTargetsUnits) {
  const std::string out = out_ / "predictions.h5";
  ASSERT_EQ(run_lockstep({"predict", at("plane"), at("plane.h5"), out}).status, 0);
  const Hdf5File file = Hdf5File::open(out, "");
  const Hdf5Array predictions = Hdf5Array::open(file, "/predictions");
  ASSERT_EQ(predictions.shape(), (std::vector<Index>{97, 1}));
  std::vector<double> values(97);
  predictions.read({0, 97}, Element::float64, values.data());
  double squares = 0;
  for (int sample = 0; sample < 97; ++sample) {
    const double target = 2 * noise(sample, 1) - noise(sample, 2) + 3 + 0.01 * noise(sample, 3);
    squares += std::pow(values[static_cast<std::size_t>(sample)] - target, 2);
  }
  EXPECT_NEAR(std::sqrt(squares / 97), summary("plane").at("test_rmse").get<double>(), 1e-4);
  EXPECT_FALSE(file.has("/classes"));
}

TEST_F(InferenceCommands, PredictWritesTheSameBytesOnTwoRanks) {
  const auto bytes_of = [&](const std::string& name) {
    std::ifstream file{out_ / name, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  ASSERT_EQ(run_lockstep({"predict", at("blobs"), at("test.h5"), out_ / "one.h5"}).status, 0);
  ASSERT_EQ(run_lockstep_on(2, {"predict", at("blobs"), at("test.h5"), out_ / "two.h5"}).status, 0);
  ASSERT_FALSE(bytes_of("one.h5").empty());
  EXPECT_TRUE(bytes_of("one.h5") == bytes_of("two.h5"));
}

TEST_F(InferenceCommands, EvaluateRefusesFewerThanNoThreads) {
  const CommandResult result = run_lockstep({"evaluate", at("blobs"), at("test.h5"), "--threads", "-2"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("--threads is -2; it must be at least 0"), std::string::npos) << result.err;
}

TEST_F(InferenceCommands, PredictReplacesAFileOnlyWhenForced) {
  const std::string out = out_ / "predictions.h5";
  std::ofstream{out} << "precious";
  const CommandResult refused = run_lockstep({"predict", at("plane"), at("plane.h5"), out});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("exists already"), std::string::npos) << refused.err;
  EXPECT_EQ(fs::file_size(out), 8U);
  EXPECT_EQ(run_lockstep({"predict", at("plane"), at("plane.h5"), out, "--force"}).status, 0);
  EXPECT_GT(fs::file_size(out), 8U);
}

TEST_F(InferenceCommands, PredictLeavesNothingWhereFilesMayNotGrow) {
  for (const rlim_t bytes : {4096U, 13000U, 16384U}) {  // amid the probabilities, the classes, at the end
    const CommandResult result =
        run_lockstep({"predict", at("blobs"), at("test.h5"), out_ / "out.h5"}, {.file_bytes = bytes});
    EXPECT_EQ(result.status, 2) << bytes;
    EXPECT_TRUE(result.err.starts_with("error: " + out_ / "out.h5")) << result.err;
    EXPECT_NE(result.err.find("(File too large); raise the limit on the size of files"), std::string::npos)
        << result.err;
    EXPECT_TRUE(fs::is_empty(out_.path())) << bytes;
  }
}

TEST_F(InferenceCommands, CheckpointInfoSaysWhatItHolds) {
  const CommandResult result = run_lockstep({"checkpoint", "info", checkpoint("blobs")});
  ASSERT_EQ(result.status, 0) << result.err;
  for (const char* word :
       {"7 features", "hidden [11] relu", "finished after 14 steps", "ash, birch, cedar", "batch-size"})
    EXPECT_NE(result.out.find(word), std::string::npos) << word << " in " << result.out;
  const Json object = Json::parse(run_lockstep({"checkpoint", "info", at("blobs"), "--json"}).out);
  EXPECT_EQ(object.at("weights_hash"), summary("blobs").at("weights_hash"));
  EXPECT_EQ(object.at("configuration").at("hidden"), "11");
}

TEST_F(InferenceCommands, CheckpointVerifyTellsWholeFromDamaged) {
  EXPECT_EQ(run_lockstep({"checkpoint", "verify", checkpoint("blobs")}).status, 0);
  const std::string damaged = out_ / "damaged.h5";
  fs::copy_file(checkpoint("blobs"), damaged);
  std::fstream file{damaged, std::ios::in | std::ios::out | std::ios::binary};
  const auto middle = static_cast<std::streamoff>(fs::file_size(damaged) / 2);
  file.seekg(middle);
  const char byte = static_cast<char>(file.get() ^ 1);
  file.seekp(middle);
  file.put(byte);
  file.close();
  const CommandResult json = run_lockstep({"checkpoint", "verify", damaged, "--json"});
  EXPECT_EQ(Json::parse(json.out).at("valid"), false) << "one object only: the verdict";
  const CommandResult result = run_lockstep({"checkpoint", "verify", damaged});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("damaged.h5"), std::string::npos) << result.err;
  EXPECT_EQ(result.out, "");
}

TEST_F(InferenceCommands, CheckpointVerifyRefusesWhatIsNoCheckpoint) {
  EXPECT_EQ(run_lockstep({"checkpoint", "verify", at("train.h5")}).status, 2);
  EXPECT_EQ(run_lockstep({"checkpoint", "verify", at("nothing.h5")}).status, 2);
}

TEST_F(InferenceCommands, AMissingFileIsNamedOnceUnderMpirun) {
  const CommandResult result = run_lockstep_on(3, {"evaluate", at("nothing.h5"), at("test.h5")});
  EXPECT_EQ(result.status, 2);
  const std::size_t first = result.err.find("nothing.h5");
  EXPECT_NE(first, std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("nothing.h5", first + 1), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("MPI_ABORT"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace lockstep::test
