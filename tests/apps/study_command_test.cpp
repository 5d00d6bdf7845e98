// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "train_runs.hpp"

namespace lockstep::test {
namespace {

class StudyCommand : public TrainRuns {
 protected:
  [[nodiscard]] std::string out(const std::string& name = "study") const { return runs_ / name; }

  /// A grid of a few tiny runs on the blobs.
  [[nodiscard]] Arguments dropout(const Arguments& more = {}, const std::string& name = "study") const {
    return overridden(
        {"study", "dropout", "--quick", "--train", in_folder("train.h5"), "--test", in_folder("test.h5"), "--hidden",
         "11", "--epochs", "2", "--batch-size", "37", "--threads", "1", "--seeds", "2", "--out", out(name)},
        more);
  }
};

TEST_F(StudyCommand, GivesTheSameBitsOnGroupsOfRanksAsOneRunAfterTheOther) {
  const CommandResult alone = run_lockstep(dropout());
  ASSERT_EQ(alone.status, 0) << alone.err;
  const CommandResult together = run_command(mpirun_command(2, dropout({"--groups", "1"}, "together")));
  ASSERT_EQ(together.status, 0) << together.err;
  const CommandResult apart = run_command(mpirun_command(2, dropout({"--groups", "2"}, "apart")));
  ASSERT_EQ(apart.status, 0) << apart.err;
  const std::string expected = text_of(out() + "/results.csv");
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'),
            1 + static_cast<long>(Json::parse(text_of(out() + "/results.json")).at("runs").size()));
  EXPECT_EQ(text_of(out("together") + "/results.csv"), expected);
  EXPECT_EQ(text_of(out("apart") + "/results.csv"), expected);
}

TEST_F(StudyCommand, TunesARateForEachBatchToTheSameBitsOnTwoGroups) {
  const Arguments batches{"--validation",    "0.2",   "--epochs", "4",   "--batches",     "4,32",
                          "--learning-rate", "0.002", "--target", "0.2", "--target-kind", "error"};
  const auto study = [&](const std::string& name, const Arguments& more = {}) {
    Arguments arguments = overridden(dropout(batches, name), more);
    arguments[1] = "batch-size";
    return arguments;
  };
  const CommandResult alone = run_lockstep(study("alone", {"--questions", "target,rules,generalization"}));
  ASSERT_EQ(alone.status, 0) << alone.err;
  // Another question later: runs are not made again, but looked at.
  const CommandResult more = run_lockstep(study("alone"));
  ASSERT_EQ(more.status, 0) << more.err;
  const CommandResult apart = run_command(mpirun_command(2, study("apart")));
  ASSERT_EQ(apart.status, 0) << apart.err;
  EXPECT_EQ(text_of(out("alone") + "/results.csv"), text_of(out("apart") + "/results.csv"));
  const Json runs = Json::parse(text_of(out("alone") + "/results.json")).at("runs");
  EXPECT_TRUE(runs.at("epochs=2/seed-1").at("figures").contains("gradient_variances"));
  const Json noise = runs.at("noise-scale=1/seed-1").at("figures");
  EXPECT_EQ(noise.at("gradient_variance").size(), 4U) << "one an epoch";
  EXPECT_GT(noise.at("noise_scale_at_end"), 0);
  EXPECT_NE(alone.out.find("At equal training error"), std::string::npos) << alone.out;
  const CommandResult kind = run_lockstep(study("kind", {"--target-kind", "eror"}));
  EXPECT_EQ(kind.status, 2);
  EXPECT_NE(kind.err.find("knows loss and error, not 'eror'"), std::string::npos) << kind.err;
}

TEST_F(StudyCommand, ChoosesPrecisionOnHeldOutValuesOfRandomSplits) {
  const CommandResult result = run_lockstep({"study", "dropout", "--quick", "--questions", "averaging", "--train",
                                             in_folder("plane.h5"), "--test-share", "0.2", "--validation", "0.2",
                                             "--hidden", "13", "--epochs", "5", "--threads", "1", "--out", out()});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("Chosen for each seed"), std::string::npos) << result.out;
  EXPECT_TRUE(fs::exists(out() + "/splits/2-test.h5"));
  const Json runs = Json::parse(text_of(out() + "/results.json")).at("runs");
  EXPECT_TRUE(runs.begin()->at("figures").contains("test_mc10_rmse"));
}

TEST_F(StudyCommand, AFullDiskLosesTheRunInFlightAlone) {
  // Files may not grow beyond this: the first run fits, the next, wider, does not.
  const Arguments rates{"--questions", "rates", "--rates", "0", "--input-rates", "0"};
  const CommandResult first = run_lockstep(dropout(rates));
  ASSERT_EQ(first.status, 0) << first.err;
  const std::string before = text_of(out() + "/results.csv");
  const Arguments wide{"--questions", "rates", "--rates", "0,0.875", "--input-rates", "0"};
  const CommandResult full = run_lockstep(dropout(wide), {.file_bytes = 6000});
  EXPECT_EQ(full.status, 1) << full.err;
  EXPECT_EQ(text_of(out() + "/results.csv"), before);
  const CommandResult rest = run_lockstep(dropout(wide));
  EXPECT_EQ(rest.status, 0) << rest.err;
}

TEST_F(StudyCommand, LeavesNormalRunsAndAPageThatNeedsNothingElse) {
  const CommandResult result = run_lockstep(dropout({"--questions", "rates", "--rates", "0.25", "--json"}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out).at("diverged"), 0);
  const std::string run = out() + "/runs/dropout=0.25,input-dropout=0/seed-2";
  const Json summary = Json::parse(text_of(run + "/summary.json"));
  const CommandResult again = run_lockstep(
      {"train", "--config", run + "/config.toml", "--run", out("again"), "--expect-hash", summary.at("weights_hash")});
  EXPECT_EQ(again.status, 0) << again.err;
  const std::string page = text_of(out() + "/report.html");
  EXPECT_NE(page.find("<h1>"), std::string::npos);
  EXPECT_EQ(page.find("src=\"http"), std::string::npos);
  for (const char* elsewhere : {"href=\"http", "href='http", "<link", "<script src", "url(http"})
    EXPECT_EQ(page.find(elsewhere), std::string::npos) << elsewhere;
  EXPECT_NE(text_of(out() + "/results.csv").find(summary.at("weights_hash").get<std::string>()), std::string::npos);
}

TEST_F(StudyCommand, GoesOnAfterASignalAndKeepsWhatIsFinished) {
  const Arguments slow{"--questions", "rates", "--hidden", "301,301", "--epochs", "40", "--rates", "0.125,0.25,0.5"};
  Command first{lockstep_command(dropout(slow))};
  const std::string record = out() + "/runs/dropout=0.125,input-dropout=0/seed-1.json";
  while (!first.ended() && !fs::exists(record)) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  first.send(SIGTERM);
  const CommandResult stopped = first.wait();
  ASSERT_EQ(stopped.status, 75) << stopped.err;
  const auto written = fs::last_write_time(record);
  const CommandResult rest = run_lockstep(dropout(slow));
  ASSERT_EQ(rest.status, 0) << rest.err;
  EXPECT_EQ(fs::last_write_time(record), written);
  const CommandResult whole = run_lockstep(dropout(slow, "whole"));
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_EQ(text_of(out() + "/results.csv"), text_of(out("whole") + "/results.csv"));
}

TEST_F(StudyCommand, RecordsDivergenceAndGoesOn) {
  const CommandResult result = run_lockstep(
      dropout({"--questions", "rates", "--rates", "0,0.25", "--optimizer", "sgd", "--learning-rate", "1e30"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const Json results = Json::parse(text_of(out() + "/results.json"));
  for (const auto& run : results.at("runs")) EXPECT_EQ(run.at("status"), "diverged");
  const CommandResult again = run_lockstep(
      dropout({"--questions", "rates", "--rates", "0,0.25", "--optimizer", "sgd", "--learning-rate", "1e30"}));
  EXPECT_EQ(again.status, 0) << again.err;
}

TEST_F(StudyCommand, RefusesGridsThatAreEmptyContradictoryOrTooLarge) {
  const auto error_of = [&](const Arguments& more) {
    const CommandResult result = run_lockstep(dropout(more));
    EXPECT_EQ(result.status, 2) << result.out;
    EXPECT_FALSE(fs::exists(out())) << "something was written";
    return result.err;
  };
  EXPECT_NE(error_of({"--rates", "1.5"}).find("1.5 is no share"), std::string::npos);
  EXPECT_NE(error_of({"--rates", "half"}).find("--rates"), std::string::npos);
  EXPECT_NE(error_of({"--seeds", "0"}).find("--seeds is 0"), std::string::npos);
  EXPECT_NE(error_of({"--seeds", "4001"}).find("--yes"), std::string::npos);
  EXPECT_NE(error_of({"--groups", "3"}).find("--groups 3"), std::string::npos);
  EXPECT_NE(error_of({"--questions", "raets"}).find("did you mean 'rates'?"), std::string::npos);
  const std::string unknown = error_of({"--regularizers", "none,droput + L1"});
  EXPECT_NE(unknown.find("L2, L1, max-norm"), std::string::npos) << unknown;
  EXPECT_NE(unknown.find("did you mean 'dropout + L1'?"), std::string::npos) << unknown;
  // Only with momentum are there rows of a higher rate.
  EXPECT_NE(error_of({"--regularizers", "dropout + fast", "--optimizer", "sgd"}).find("not 'dropout + fast'"),
            std::string::npos);
}

TEST_F(StudyCommand, GroupsOfOneRankMayHaveBatchesOfOneSample) {
  const CommandResult result =
      run_command(mpirun_command(2, dropout({"--questions", "rates", "--rates", "0,0.25", "--input-rates", "0",
                                             "--batch-size", "1", "--epochs", "1", "--seeds", "1"})));
  EXPECT_EQ(result.status, 0) << result.err;
}

TEST_F(StudyCommand, MakesTheChosenRowsOfTheTableOfRegularisers) {
  const CommandResult result =
      run_lockstep(dropout({"--questions", "regularizers,units", "--regularizers", "dropout + max-norm,none,dropout"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const Json runs = Json::parse(text_of(out() + "/results.json")).at("runs");
  EXPECT_EQ(runs.size(), 6U) << "the units are those of the same runs";
  EXPECT_TRUE(runs.contains("dropout=0.5,input-dropout=0.2,max-norm=3/seed-2"));
}

TEST_F(StudyCommand, RefusesTheFolderOfAnotherStudy) {
  ASSERT_EQ(run_lockstep(dropout({"--questions", "rates"})).status, 0);
  const CommandResult other = run_lockstep(dropout({"--questions", "rates", "--hidden", "13"}));
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.err.find("hidden was '11'"), std::string::npos) << other.err;
  // More seeds are the same study.
  const CommandResult more = run_lockstep(dropout({"--questions", "rates", "--seeds", "3"}));
  EXPECT_EQ(more.status, 0) << more.err;
}

TEST_F(StudyCommand, SaysWhatToInstallWhereThereIsNoGnuplot) {
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  const CommandResult result = run_lockstep(dropout({"--questions", "rates"}));
  setenv("PATH", path.c_str(), 1);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("gnuplot is not installed"), std::string::npos) << result.err;
  EXPECT_TRUE(fs::exists(out() + "/report.html"));
  EXPECT_TRUE(fs::exists(out() + "/plots"));
}

}  // namespace
}  // namespace lockstep::test
