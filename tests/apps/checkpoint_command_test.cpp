// SPDX-License-Identifier: MIT
// Checkpoints that are damaged, unreadable or of another kind, as a person meets them in train, checkpoint and predict.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "io/checksum.hpp"
#include "support/command.hpp"
#include "support/data_files.hpp"

namespace lockstep::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string bytes_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Replaces the byte at `place` from the end.
void change_byte(const std::string& path, std::streamoff from_end) {
  std::string bytes = bytes_of_file(path);
  char& byte = bytes[bytes.size() - static_cast<std::size_t>(from_end)];
  byte = static_cast<char>(byte ^ 1);
  std::ofstream{path, std::ios::binary} << bytes;
}

/// A run of 14 steps with checkpoints after 7 and 14; each test gets its own copy.
class CheckpointCommands : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryDirectory>();
    write_blobs(*folder_ / "train.h5", 211);
    ASSERT_EQ(run_lockstep(train_command(*folder_ / "run")).status, 0);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  CheckpointCommands() { fs::copy(*folder_ / "run", run_, fs::copy_options::recursive); }

  static std::vector<std::string> train_command(const std::string& run) {
    return {"train",
            "--train",
            *folder_ / "train.h5",
            "--run",
            run,
            "--epochs",
            "2",
            "--hidden",
            "11",
            "--threads",
            "1",
            "--batch-size",
            "31",
            "--checkpoint-every",
            "7"};
  }
  [[nodiscard]] std::string checkpoint(int step) const {
    return run_ + "/checkpoints/step-" + std::string(step < 10 ? 11 : 10, '0') + std::to_string(step) + ".h5";
  }
  /// As if killed before the run's end.
  void unfinish() const { fs::remove(run_ + "/summary.json"); }
  /// Every file of the run and its bytes.
  [[nodiscard]] std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> files;
    std::error_code loop;
    for (const auto& entry : fs::recursive_directory_iterator{run_}) {
      if (entry.is_regular_file(loop)) files[entry.path()] = bytes_of_file(entry.path());
    }
    return files;
  }
  void expect_refusal(const std::string& sentence) const {
    const auto before = everything();
    const CommandResult result = run_lockstep(train_command(run_));
    EXPECT_EQ(result.status, 2) << result.err;
    EXPECT_NE(result.err.find(sentence), std::string::npos) << result.err;
    EXPECT_EQ(everything(), before) << "something was changed";
  }
  static std::string train_data() { return *folder_ / "train.h5"; }

  TemporaryDirectory own_;
  std::string run_ = own_ / "run";

 private:
  static std::unique_ptr<TemporaryDirectory> folder_;
};
std::unique_ptr<TemporaryDirectory> CheckpointCommands::folder_;

TEST_F(CheckpointCommands, TrainGoesOnFromTheOneBeforeADamagedOneAndSaysWhy) {
  const Json wanted = Json::parse(std::ifstream{run_ + "/summary.json"});
  unfinish();
  change_byte(checkpoint(14), 99);
  const CommandResult result = run_lockstep(train_command(run_));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("passed over " + checkpoint(14) + ": the checkpoint is damaged"), std::string::npos)
      << result.err;
  EXPECT_NE(result.err.find("going on after step 7"), std::string::npos) << result.err;
  EXPECT_EQ(Json::parse(std::ifstream{run_ + "/summary.json"}).at("weights_hash"), wanted.at("weights_hash"));
}

TEST_F(CheckpointCommands, TrainRefusesToBeginAnewWhereAllCheckpointsAreDamaged) {
  unfinish();
  for (const int step : {7, 14}) change_byte(checkpoint(step), 99);
  expect_refusal("none of the checkpoints in " + run_ + "/checkpoints can be used, and nothing was changed there");
  expect_refusal("to begin anew choose another --run, or remove " + run_);
}

TEST_F(CheckpointCommands, TrainDoesNotPassOverACheckpointOfAnotherVersion) {
  unfinish();
  // A sound file of format 0002: its checksum, at bytes 68 to 99, agrees.
  std::string bytes = bytes_of_file(checkpoint(14));
  bytes.replace(20, 12, "format 0002\n").replace(68, 32, std::string(32, '0'));
  const std::string checksum = checksum_of(std::as_bytes(std::span{bytes}));
  std::ofstream{checkpoint(14), std::ios::binary} << bytes.replace(68, 32, checksum);
  expect_refusal("the checkpoint's format is not version 1");
}

TEST_F(CheckpointCommands, TrainDoesNotPassOverACheckpointThatItCannotOpen) {
  unfinish();
  // Root may read whatever permissions say, but not a link to itself.
  fs::remove(checkpoint(14));
  fs::create_symlink(checkpoint(14), checkpoint(14));
  expect_refusal(checkpoint(14) + ": cannot be read (");
}

TEST_F(CheckpointCommands, AChangedVersionIsDamageAndNotAnotherVersion) {
  unfinish();
  std::string bytes = bytes_of_file(checkpoint(14));
  bytes[30] = '2';
  std::ofstream{checkpoint(14), std::ios::binary} << bytes;
  EXPECT_EQ(run_lockstep(train_command(run_)).status, 0);
}

TEST_F(CheckpointCommands, EveryUserOfARunWarnsOfDamagedNewerCheckpoints) {
  change_byte(checkpoint(14), 99);
  const std::string warning = "warning: passed over " + checkpoint(14) + ": the checkpoint is damaged";
  for (const auto& command : std::vector<std::vector<std::string>>{{"evaluate", run_, train_data()},
                                                                   {"predict", run_, train_data(), own_ / "out.h5"},
                                                                   {"checkpoint", "info", run_}}) {
    const CommandResult result = run_lockstep(command);
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.err.find(warning), std::string::npos) << command.front() << ": " << result.err;
    EXPECT_NE((result.out + result.err).find(checkpoint(7)), std::string::npos) << command.front();
  }
}

TEST_F(CheckpointCommands, VerifyOfARunChecksEveryFile) {
  EXPECT_EQ(run_lockstep({"checkpoint", "verify", run_}).status, 0);
  change_byte(checkpoint(7), 99);
  const CommandResult result = run_lockstep({"checkpoint", "verify", run_});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.out.find(checkpoint(14) + " is whole"), std::string::npos) << result.out;
  EXPECT_NE(result.err.find(checkpoint(7) + ": the checkpoint is damaged"), std::string::npos) << result.err;
  const CommandResult machine = run_lockstep({"checkpoint", "verify", run_, "--json"});
  EXPECT_EQ(machine.status, 2);
  const Json object = Json::parse(machine.out);
  EXPECT_EQ(object.at("valid"), false);
  ASSERT_EQ(object.at("checkpoints").size(), 2U);
  EXPECT_EQ(object.at("checkpoints")[0].at("valid"), true);
  EXPECT_EQ(object.at("checkpoints")[1].at("valid"), false);
  EXPECT_EQ(Json::parse(run_lockstep({"checkpoint", "verify", checkpoint(7), "--json"}).out).at("valid"), false);
}

/// A run with validation, and so with best.h5 beside its steps.
class CheckpointsOfAValidatedRun : public CheckpointCommands {
 protected:
  CheckpointsOfAValidatedRun() {
    fs::remove_all(run_);
    EXPECT_EQ(run_lockstep(command()).status, 0);
    for (const auto& entry : fs::directory_iterator{run_ + "/checkpoints"})
      if (entry.path() != best_) steps_.push_back(entry.path());
    std::sort(steps_.begin(), steps_.end());
  }
  [[nodiscard]] std::vector<std::string> command() const {
    std::vector<std::string> all = train_command(run_);
    all.insert(all.end(), {"--validation", "0.2"});
    return all;
  }

  std::string best_ = run_ + "/checkpoints/best.h5";
  std::vector<std::string> steps_;
};

TEST_F(CheckpointsOfAValidatedRun, VerifyChecksTheBestToo) {
  const CommandResult whole = run_lockstep({"checkpoint", "verify", run_});
  EXPECT_EQ(whole.status, 0) << whole.err;
  EXPECT_NE(whole.out.find(best_ + " is whole"), std::string::npos) << whole.out;
  change_byte(best_, 99);
  const CommandResult damaged = run_lockstep({"checkpoint", "verify", run_});
  EXPECT_EQ(damaged.status, 2);
  EXPECT_NE(damaged.err.find(best_ + ": the checkpoint is damaged"), std::string::npos) << damaged.err;
}

TEST_F(CheckpointsOfAValidatedRun, DamageIsAnsweredByTheNameOfOneThatIsWhole) {
  ASSERT_EQ(steps_.size(), 2U);
  change_byte(steps_.back(), 99);
  const CommandResult older = run_lockstep({"evaluate", steps_.back(), train_data()});
  EXPECT_EQ(older.status, 2);
  EXPECT_NE(older.err.find(steps_.front() + " is whole; give that"), std::string::npos) << older.err;

  change_byte(steps_.front(), 99);
  for (const std::string& asked : {run_, steps_.back()}) {
    const CommandResult best = run_lockstep({"evaluate", asked, train_data()});
    EXPECT_EQ(best.status, 2);
    EXPECT_NE(best.err.find(best_ + " is whole; give that"), std::string::npos) << best.err;
    EXPECT_EQ(best.err.find("older checkpoint"), std::string::npos) << best.err;
  }
  change_byte(best_, 99);
  const CommandResult none = run_lockstep({"evaluate", run_, train_data()});
  EXPECT_EQ(none.status, 2);
  EXPECT_NE(none.err.find("no checkpoint in " + run_ + "/checkpoints is whole"), std::string::npos) << none.err;
}

TEST_F(CheckpointsOfAValidatedRun, TrainWarnsOfAFinishedRunWithoutAWholeCheckpoint) {
  const CommandResult whole = run_lockstep(command());
  EXPECT_EQ(whole.err, "");
  EXPECT_NE(whole.out.find("lockstep evaluate " + run_), std::string::npos) << whole.out;
  for (const std::string& step : steps_) change_byte(step, 99);
  const CommandResult result = run_lockstep(command());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out.find("lockstep evaluate"), std::string::npos) << "a way that ends nowhere: " << result.out;
  for (const std::string& step : steps_)
    EXPECT_NE(result.err.find("warning: " + step + ": the checkpoint is damaged"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(best_ + " is whole; give that"), std::string::npos) << result.err;
}

TEST_F(CheckpointCommands, EachExplainsItselfWithItsOwnExamples) {
  for (const char* name : {"info", "verify"}) {
    const CommandResult result = run_lockstep({"checkpoint", name, "--help"});
    EXPECT_NE(result.out.find(std::string{"  lockstep checkpoint "} + name), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("Exit status: 0 done; 2"), std::string::npos) << result.out;
  }
}

TEST_F(CheckpointCommands, PredictNeedsNoTargetsAndEvaluateDoes) {
  const std::string whole = own_ / "whole.h5";
  const std::string bare = own_ / "bare.h5";
  write_blobs(whole, 47);
  {
    DatasetWriter writer{bare, {.name = bare, .features = 7, .targets = 0}};
    for (int sample = 0; sample < 47; ++sample) {
      std::vector<float> values(7);
      for (int feature = 0; feature < 7; ++feature) {
        values[static_cast<std::size_t>(feature)] =
            (feature % 3 == sample % 3 ? 1.5F : 0.0F) + 0.6F * noise(sample, feature);
      }
      writer.append_floats(values);
    }
    writer.close();
  }
  ASSERT_EQ(run_lockstep({"predict", run_, whole, own_ / "a.h5"}).status, 0);
  const CommandResult predicted = run_lockstep({"predict", run_, bare, own_ / "b.h5"});
  ASSERT_EQ(predicted.status, 0) << predicted.err;
  EXPECT_EQ(bytes_of_file(own_ / "a.h5"), bytes_of_file(own_ / "b.h5"));
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"evaluate", run_, bare}, {"train", "--train", bare, "--run", own_ / "other"}}) {
    const CommandResult refused = run_lockstep(command);
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("bare.h5: has no /targets; without targets a data set serves 'lockstep predict' only"),
              std::string::npos)
        << refused.err;
  }
}

TEST_F(CheckpointCommands, PredictRefusesAFolderBeforeTheWork) {
  const CommandResult result = run_lockstep({"predict", run_, train_data(), own_.path(), "--force"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("is a folder; name a file in it"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace lockstep::test
