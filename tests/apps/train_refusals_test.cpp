// SPDX-License-Identifier: MIT
// What `lockstep train` and `evaluate` refuse, and remark on, before anything is written.
#include <limits>

#include "apps/train_runs.hpp"

namespace lockstep::test {
namespace {

constexpr const char* no_hash = "0123456789abcdef0123456789ABCDEF";

/// The blobs with a NaN in the last feature of row 153, which no fingerprint looks at.
void write_blobs_with_a_hole(const std::string& path) {
  DatasetWriter writer{path, {.name = path, .task = Task::classification, .features = 7, .classes = 3}};
  for (int sample = 0; sample < 211; ++sample) {
    std::vector<float> values(7, noise(sample, 1));
    if (sample == 152) values.back() = std::numeric_limits<float>::quiet_NaN();
    const Label label = sample % 3;
    writer.append_floats(values);
    writer.append_labels({&label, 1});
  }
  writer.close();
}

class TrainRefusals : public TrainRuns {
 protected:
  /// Expects status 2, these words on standard error, no noise of MPI's and no run directory.
  void expect_refused(const CommandResult& result, const std::vector<std::string>& words) const {
    EXPECT_EQ(result.status, 2) << result.err;
    for (const std::string& word : words)
      EXPECT_NE(result.err.find(word), std::string::npos) << word << " in " << result.err;
    EXPECT_EQ(result.err.find("MPI_ABORT"), std::string::npos) << result.err;
    EXPECT_EQ(result.err.find("[rank"), std::string::npos) << result.err;
    EXPECT_FALSE(fs::exists(run_path()));
  }
};

TEST_F(TrainRefusals, NameTheParametersAndTheMemoryOfANetworkThatCannotFit) {
  expect_refused(run_lockstep(train({"--hidden", "20000000,20000000"})),
                 {"400,000,240,000,003 parameters", "takes at least", "GB", "lower --hidden"});
}

TEST_F(TrainRefusals, NameAnOutputThatDoesNotFitTheLossOfTheTask) {
  expect_refused(run_lockstep(train({"--output", "tanh"})), {"tanh", "cross-entropy"});
}

TEST_F(TrainRefusals, NameMoreHeldOutSamplesThanThereAre) {
  expect_refused(run_lockstep(train({"--validation", "1e20"})), {"validation 1e+20 holds out 211 of 211 samples"});
}

TEST_F(TrainRefusals, CollectAMissingFileOfSettingsWithAllElse) {
  const CommandResult result =
      run_lockstep_on(2, {"train", "--config", runs_ / "none.toml", "--run", run_path(), "--train",
                          in_folder("missing.h5"), "--dropout", "2", "--seed", "many"});
  expect_refused(result, {"none.toml: there is no such file", "missing.h5", "dropout is 2", "--seed"});
}

TEST_F(TrainRefusals, KeepAFileOfSettingsThatNoRunWrote) {
  fs::create_directories(run_path());
  std::ofstream{run_path() + "/config.toml"} << "# my notes\nhidden = [7]\n";
  const CommandResult result = run_lockstep(train({"--config", run_path() + "/config.toml"}));
  EXPECT_EQ(result.status, 2) << result.err;
  EXPECT_NE(result.err.find("was not written by a run"), std::string::npos) << result.err;
  std::string first_line;
  std::getline(std::ifstream{run_path() + "/config.toml"} >> std::ws, first_line);
  EXPECT_EQ(first_line, "# my notes");
}

TEST_F(TrainRefusals, NameAHashThatIsNone) {
  expect_refused(run_lockstep(train({"--expect-hash", "12g"})), {"--expect-hash '12g' is no hash", "32"});
}

TEST_F(TrainRefusals, TellThatRanksSeeOtherData) {
  fs::create_directory(runs_ / "a");
  fs::create_directory(runs_ / "b");
  write_blobs(runs_ / "a/train.h5", 211);
  write_blobs(runs_ / "b/train.h5", 211, 1);
  const Arguments one = lockstep_command({"train", "--train", "train.h5", "--run", run_path(), "--threads", "1"});
  Arguments both = mpirun_command(1, {"--version"});
  both.resize(both.size() - 2);
  both.insert(both.end(), {"-wdir", runs_ / "a"});
  both.insert(both.end(), one.begin(), one.end());
  both.insert(both.end(), {":", "-n", "1", "-wdir", runs_ / "b"});
  both.insert(both.end(), one.begin(), one.end());
  expect_refused(run_command(both), {"the training data differ between ranks: rank 0 has 'train.h5, 211 samples of 7",
                                     "but rank 1 has 'train.h5, 211 samples of 7"});
}

class TrainRefusalsOnRanks : public TrainRefusals, public testing::WithParamInterface<int> {};

TEST_P(TrainRefusalsOnRanks, NameTheRowAndColumnOfANaN) {
  write_blobs_with_a_hole(runs_ / "hole.h5");
  const std::vector<std::string> where{"hole.h5", "NaN or infinity in row 153"};
  Arguments arguments = train({"--standardize", "none"});
  arguments[2] = runs_ / "hole.h5";
  expect_refused(run_lockstep_on(GetParam(), arguments), where);
  arguments = train();
  arguments[4] = runs_ / "hole.h5";
  expect_refused(run_lockstep_on(GetParam(), arguments), where);

  ASSERT_EQ(run_lockstep(train({}, "good")).status, 0);
  expect_refused(run_lockstep_on(GetParam(), {"evaluate", runs_ / "good", runs_ / "hole.h5"}), where);
}

TEST_P(TrainRefusalsOnRanks, NameBothFormsWhenTheFirstWeightsHaveAnother) {
  ASSERT_EQ(run_lockstep(train({}, "small")).status, 0);
  expect_refused(run_lockstep_on(GetParam(), train({"--hidden", "13", "--init-from", runs_ / "small"})),
                 {"a network of 7-11-3 units", "want 7-13-3", "--init-from"});
  expect_refused(run_lockstep_on(GetParam(), train({"--init-from", runs_ / "none"})), {"none"});
}

TEST_P(TrainRefusalsOnRanks, LeaveNoDirectoryOfARunThatDivergedAtOnce) {
  expect_refused(run_lockstep_on(GetParam(), train({"--optimizer", "sgd", "--learning-rate", "1e30", "--loss",
                                                    "mean-squared-error"})),
                 {"diverged at step", "was removed again"});
}

TEST_P(TrainRefusalsOnRanks, FailARunWhoseWeightsHaveAnotherHash) {
  const CommandResult first = run_lockstep_on(GetParam(), train({"--expect-hash", no_hash}));
  EXPECT_EQ(first.status, 1) << first.err;
  const std::string hash = summary().at("weights_hash");
  for (const std::string& word : {hash, std::string{"0123456789abcdef0123456789abcdef"}})
    EXPECT_NE(first.err.find(word), std::string::npos) << first.err;
  EXPECT_EQ(first.err.find("MPI_ABORT"), std::string::npos) << first.err;

  const CommandResult again = run_lockstep_on(GetParam(), train({"--expect-hash", no_hash}));
  EXPECT_EQ(again.status, 1) << again.err;
  EXPECT_EQ(run_lockstep_on(GetParam(), train({"--expect-hash", hash})).status, 0);
  EXPECT_EQ(run_lockstep_on(GetParam(), train({"--expect-hash", hash}, "other")).status, 0);
}

INSTANTIATE_TEST_SUITE_P(Train, TrainRefusalsOnRanks, testing::Values(1, 2));

class TrainIdentity : public TrainRuns {};

TEST_F(TrainIdentity, RefusesOtherDataOfTheSameNameAndSize) {
  write_blobs(runs_ / "mine.h5", 101);
  const Arguments arguments{"train",    "--train", runs_ / "mine.h5", "--run", run_path(), "--hidden", "5",
                            "--epochs", "2",       "--threads",       "1"};
  ASSERT_EQ(run_lockstep(arguments).status, 0);
  fs::remove(runs_ / "mine.h5");
  write_blobs(runs_ / "mine.h5", 101, 1);
  const CommandResult other = run_lockstep(arguments);
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.err.find("train-data was 'mine.h5, 101 samples of 7 features, content "), std::string::npos)
      << other.err;
}

TEST_F(TrainIdentity, WarnsWhenAFileOfSettingsIsOfARunOnOtherData) {
  ASSERT_EQ(run_lockstep(train()).status, 0);
  const std::string config = run_path() + "/config.toml";
  const CommandResult other =
      run_lockstep({"train", "--config", config, "--train", in_folder("test.h5"), "--run", runs_ / "other"});
  EXPECT_EQ(other.status, 0) << other.err;
  EXPECT_NE(other.err.find("is of a run on other data"), std::string::npos) << other.err;
  EXPECT_EQ(run_lockstep({"train", "--config", config, "--run", runs_ / "same"}).err, "");
}

TEST_F(TrainIdentity, KeepsAFinishedRunWhoseFirstWeightsAreGone) {
  ASSERT_EQ(run_lockstep(train({}, "first")).status, 0);
  ASSERT_EQ(run_lockstep(train({"--init-from", runs_ / "first"})).status, 0);
  fs::remove_all(runs_ / "first");
  const CommandResult again = run_lockstep(train({"--init-from", runs_ / "first"}));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find("finished already"), std::string::npos) << again.out;
}

TEST_F(TrainIdentity, NamesOnlyTheFirstWeightsWhenTheyAreWhatDiffers) {
  ASSERT_EQ(run_lockstep(train()).status, 0);
  const CommandResult result = run_lockstep(train({"--init-from", run_path()}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("init-from was ''"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("standardize"), std::string::npos) << result.err;
  const CommandResult chosen = run_lockstep(train({"--init-from", run_path(), "--standardize", "none"}));
  EXPECT_NE(chosen.err.find("standardize was 'features'"), std::string::npos) << chosen.err;
}

TEST_F(TrainIdentity, SaysWhichDataAFinishedRunWasTestedOn) {
  ASSERT_EQ(run_lockstep(train()).status, 0);
  Arguments other = train();
  other[4] = in_folder("train.h5");
  const CommandResult again = run_lockstep(other);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.err.find("the test figures are of test.h5, 53 samples"), std::string::npos) << again.err;
  EXPECT_NE(again.err.find("lockstep evaluate " + run_path()), std::string::npos) << again.err;
}

TEST_F(TrainIdentity, TakesPathsThatAreNoUtf8) {
  const std::string data = runs_ /
                           "stra\xDF"
                           "e.h5";
  write_blobs(data, 101);
  const Arguments arguments{"train", "--train",  data, "--run",     run_path(), "--hidden",
                            "5",     "--epochs", "2",  "--threads", "1"};
  ASSERT_EQ(run_lockstep(arguments).status, 0);
  const CommandResult again = run_lockstep_on(2, arguments);
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find("finished already"), std::string::npos) << again.out;
  const CommandResult repeated =
      run_lockstep({"train", "--config", run_path() + "/config.toml", "--run", runs_ / "repeated"});
  EXPECT_EQ(repeated.status, 0) << repeated.err;
  EXPECT_EQ(summary("repeated").at("weights_hash"), summary().at("weights_hash"));
  const CommandResult missing = run_lockstep_on(2, {"evaluate", run_path(),
                                                    runs_ / "m\xFC"
                                                            "ll.h5"});
  EXPECT_EQ(missing.status, 2) << missing.err;
  EXPECT_NE(missing.err.find("m\xFC"
                             "ll.h5"),
            std::string::npos)
      << missing.err;
}

TEST_F(TrainIdentity, LeavesNothingOpenThatDecidesTheResult) {
  ASSERT_EQ(run_lockstep(train({"--schedule", "step"})).status, 0);
  const std::string config = text_of(run_path() + "/config.toml");
  EXPECT_EQ(config.find("auto"), std::string::npos) << config;
  EXPECT_NE(config.find("standardize = \"features\""), std::string::npos) << config;
  EXPECT_NE(config.find("shard-size = 16\n"), std::string::npos) << config;
  EXPECT_NE(config.find("schedule-period = 10\n"), std::string::npos) << config;  // a third of 30 steps
  const CommandResult repeated =
      run_lockstep({"train", "--config", run_path() + "/config.toml", "--run", runs_ / "repeated"});
  ASSERT_EQ(repeated.status, 0) << repeated.err;
  EXPECT_EQ(summary("repeated").at("weights_hash"), summary().at("weights_hash"));
}

TEST_F(TrainIdentity, RemarksOnSettingsWithoutEffect) {
  const CommandResult result = run_lockstep(train({"--final-rate", "0.25"}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "note: --final-rate 0.25 has no effect: only the schedules linear and cosine read it\n");
}

TEST_F(TrainIdentity, SaysThatItStoppedEarlyAndKeepsTheBestWeights) {
  const CommandResult result =
      run_lockstep(train({"--hidden", "101", "--epochs", "400", "--learning-rate", "0.05", "--validation", "31",
                          "--patience", "3", "--keep", "3", "--checkpoint-every", "1"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const Json end = summary();
  ASSERT_LT(end.at("epochs"), 400) << "choose settings that stop early";
  EXPECT_EQ(end.at("best_epoch").get<int>() + 3, end.at("epochs").get<int>());
  EXPECT_NE(result.out.find("of epoch " + end.at("best_epoch").dump() +
                            ", the best by validation loss; stopped early after epoch " + end.at("epochs").dump()),
            std::string::npos)
      << result.out;

  std::size_t newest = 0;
  for (const auto& entry : fs::directory_iterator{run_path() + "/checkpoints"})
    newest += entry.path().filename().string().starts_with("step-") ? 1U : 0U;
  EXPECT_EQ(newest, 3U);
  const CommandResult best = run_lockstep({"checkpoint", "info", run_path() + "/checkpoints/best.h5", "--json"});
  ASSERT_EQ(best.status, 0) << best.err;
  EXPECT_EQ(Json::parse(best.out).at("weights_hash"), end.at("weights_hash"));
  EXPECT_EQ(Json::parse(best.out).at("epoch"), end.at("best_epoch"));
}

}  // namespace
}  // namespace lockstep::test
