// SPDX-License-Identifier: MIT
// Whole runs of `lockstep train`, alone and under mpirun.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "apps/train_runs.hpp"

namespace lockstep::test {
namespace {

class TrainCommand : public TrainRuns {};

TEST_F(TrainCommand, LeavesACompleteRunDirectory) {
  const CommandResult result = run_lockstep(train({"--validation", "0.2"}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("weights hash"), std::string::npos) << result.out;
  EXPECT_EQ(result.err, "");

  const Json end = summary();
  for (const char* key : {"steps", "epochs", "train_loss", "test_loss", "test_accuracy", "samples_per_second",
                          "wall_seconds", "ranks", "threads"})
    EXPECT_TRUE(end.at(key).is_number()) << key;
  EXPECT_EQ(end.at("weights_hash").get<std::string>().size(), 32U);
  EXPECT_EQ(end.at("test_recall").size(), 3U);
  EXPECT_EQ(end.at("epochs"), 5);
  EXPECT_TRUE(end.at("versions").contains("HDF5"));

  const std::vector<Json> metrics = lines_of(run_path() + "/metrics.jsonl");
  ASSERT_EQ(metrics.size(), 5U);
  for (std::size_t epoch = 0; epoch < metrics.size(); ++epoch) {
    EXPECT_EQ(metrics[epoch].at("epoch"), epoch + 1);
    EXPECT_TRUE(metrics[epoch].at("validation_accuracy").is_number());
  }
  EXPECT_LT(metrics.back().at("train_loss"), metrics.front().at("train_loss"));
  EXPECT_FALSE(fs::is_empty(run_path() + "/checkpoints"));
}

TEST_F(TrainCommand, LearnsTheBlobs) {
  ASSERT_EQ(run_lockstep(train({"--epochs", "40", "--learning-rate", "0.01"})).status, 0);
  EXPECT_GE(summary().at("test_accuracy").get<double>(), 0.95);
}

TEST_F(TrainCommand, FitsAPlaneWithALinearModel) {
  const CommandResult result = run_lockstep({"train", "--train", in_folder("plane.h5"), "--test", in_folder("plane.h5"),
                                             "--run", run_path(), "--hidden", "", "--epochs", "60", "--learning-rate",
                                             "0.05", "--batch-size", "17", "--threads", "1"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_LT(summary().at("test_rmse").get<double>(), 0.05);
  EXPECT_GT(summary().at("test_r2").get<double>(), 0.99);
  EXPECT_NE(result.out.find("RMSE"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("the loss is on standardized targets"), std::string::npos) << result.out;
}

TEST_F(TrainCommand, LeavesOutFiguresThatNoPartHas) {
  const Arguments command{"train",     "--train", in_folder("plane.h5"), "--hidden", "",     "--epochs", "2",
                          "--threads", "1",       "--standardize",       "none",     "--run"};
  const auto with = [&](const Arguments& more) {
    Arguments all = command;
    all.insert(all.end(), more.begin(), more.end());
    return run_lockstep(all).out;
  };
  const std::string alone = with({run_path()});
  EXPECT_NE(alone.find("RMSE\n"), std::string::npos) << alone;
  EXPECT_EQ(alone.find("standardized"), std::string::npos) << alone;
  const std::string tested = with({runs_ / "tested", "--test", in_folder("plane.h5")});
  EXPECT_NE(tested.find("MAE"), std::string::npos) << tested;
}

TEST_F(TrainCommand, SaysHowToUseTheBestEpochWhenItIsNotTheLast) {
  // From good weights on, L2 only shrinks them: every epoch is worse than the one before.
  ASSERT_EQ(run_lockstep(train({"--epochs", "40", "--learning-rate", "0.01"}, "good")).status, 0);
  const CommandResult result = run_lockstep(train({"--init-from", runs_ / "good", "--validation", "0.2", "--optimizer",
                                                   "sgd", "--learning-rate", "0.02", "--l2", "1"}));
  ASSERT_EQ(result.status, 0) << result.err;
  const Json end = summary();
  ASSERT_LT(end.at("best_epoch"), end.at("epochs")) << "choose settings that get worse";
  const std::string best = run_path() + "/checkpoints/best.h5";
  EXPECT_NE(result.out.find("lockstep evaluate " + best + " " + in_folder("test.h5")), std::string::npos) << result.out;
  EXPECT_EQ(run_lockstep({"evaluate", best, in_folder("test.h5")}).status, 0);
}

TEST_F(TrainCommand, PrintsNothingButTheSummaryAsJson) {
  const CommandResult result = run_lockstep(train({"--json"}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out), summary());
}

TEST_F(TrainCommand, SaysThatAFinishedRunIsFinishedAndChangesNothing) {
  ASSERT_EQ(run_lockstep(train()).status, 0);
  const auto before = fs::last_write_time(run_path() + "/summary.json");
  const std::string config = text_of(run_path() + "/config.toml");
  const CommandResult again = run_lockstep(train({"--threads", "2"}));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find("finished already"), std::string::npos) << again.out;
  EXPECT_NE(again.out.find(summary().at("weights_hash").get<std::string>()), std::string::npos) << again.out;
  EXPECT_EQ(fs::last_write_time(run_path() + "/summary.json"), before);
  EXPECT_EQ(text_of(run_path() + "/config.toml"), config);
}

TEST_F(TrainCommand, RefusesTheDirectoryOfAnotherRun) {
  ASSERT_EQ(run_lockstep(train()).status, 0);
  const std::string before = text_of(run_path() + "/summary.json");
  const CommandResult other = run_lockstep(train({"--seed", "7", "--hidden", "13"}));
  EXPECT_EQ(other.status, 2);
  EXPECT_NE(other.err.find("seed was '1' in the run of"), std::string::npos) << other.err;
  EXPECT_NE(other.err.find("hidden was '11'"), std::string::npos) << other.err;
  EXPECT_NE(other.err.find("choose another --run"), std::string::npos) << other.err;
  EXPECT_EQ(text_of(run_path() + "/summary.json"), before);
}

TEST_F(TrainCommand, RefusesADirectoryThatIsNoRunDirectory) {
  fs::create_directories(run_path());
  std::ofstream{run_path() + "/thesis.tex"} << "precious";
  const CommandResult result = run_lockstep(train());
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("is not a run directory"), std::string::npos) << result.err;
  EXPECT_EQ(std::distance(fs::directory_iterator{run_path()}, fs::directory_iterator{}), 1);
}

TEST_F(TrainCommand, NamesEveryProblemAtOnceAndWritesNothing) {
  const CommandResult result = run_lockstep({"train", "--train", in_folder("missing.h5"), "--run", run_path(),
                                             "--dropout", "1.5", "--epochs", "0", "--seed", "many"});
  EXPECT_EQ(result.status, 2);
  for (const char* word : {"missing.h5", "dropout is 1.5", "epochs is 0", "--seed"})
    EXPECT_NE(result.err.find(word), std::string::npos) << word << " in " << result.err;
  EXPECT_FALSE(fs::exists(run_path()));
}

TEST_F(TrainCommand, AsksForWhatIsMissing) {
  const CommandResult result = run_lockstep({"train"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("give --train A.h5"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("give --run DIR"), std::string::npos) << result.err;
}

TEST_F(TrainCommand, RefusesTestDataOfAnotherForm) {
  const CommandResult result =
      run_lockstep({"train", "--train", in_folder("train.h5"), "--test", in_folder("plane.h5"), "--run", run_path()});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("has 2 features, but"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(run_path()));
}

TEST_F(TrainCommand, TakesSettingsFromAFileAndLetsFlagsOverrideThem) {
  const std::string config = runs_ / "RUN.toml";
  std::ofstream{config} << "train = \"" << in_folder("train.h5") << "\"\nrun = \"" << run_path()
                        << "\"\nhidden = [5, 3]\nepochs = 9\nbatch-size = 37\n";
  const CommandResult result = run_lockstep({"train", "--config", config, "--epochs", "2", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(summary().at("network"), "7-5-3-3");
  EXPECT_EQ(summary().at("epochs"), 2);
}

TEST_F(TrainCommand, NamesTheLineOfABadSettingInAFile) {
  const std::string config = runs_ / "RUN.toml";
  std::ofstream{config} << "epochs = 2\nlerning-rate = 0.1\n";
  const CommandResult result = run_lockstep(train({"--config", config}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("line 2: unknown setting 'lerning-rate'; did you mean 'learning-rate'?"), std::string::npos)
      << result.err;
  EXPECT_EQ(run_lockstep(train({"--config", runs_ / "none.toml"})).status, 2);
}

TEST_F(TrainCommand, RepeatsARunExactlyFromItsConfigFile) {
  ASSERT_EQ(run_lockstep(train({"--dropout", "0.2", "--optimizer", "nesterov"})).status, 0);
  const CommandResult again =
      run_lockstep({"train", "--config", run_path() + "/config.toml", "--run", runs_ / "again"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(summary("again").at("weights_hash"), summary().at("weights_hash"));
}

TEST_F(TrainCommand, BeginsWithGivenWeights) {
  ASSERT_EQ(run_lockstep(train({"--epochs", "30", "--learning-rate", "0.01"})).status, 0);
  const CommandResult next = run_lockstep(train({"--init-from", run_path(), "--epochs", "1"}, "next"));
  ASSERT_EQ(next.status, 0) << next.err;
  const double first_loss = lines_of(run_path() + "/metrics.jsonl").front().at("train_loss");
  EXPECT_LT(lines_of(runs_ / "next/metrics.jsonl").front().at("train_loss").get<double>(), first_loss / 2);
}

TEST_F(TrainCommand, ChecksItsGradientsWithoutARunDirectory) {
  const CommandResult result =
      run_lockstep({"train", "--train", in_folder("train.h5"), "--hidden", "11", "--activation", "tanh", "--batch-size",
                    "37", "--check-gradients", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(Json::parse(result.out).at("passed").get<bool>());
  EXPECT_NE(result.err.find("along a random direction"), std::string::npos) << result.err;
}

TEST_F(TrainCommand, KeepsASecondProcessOutOfItsDirectory) {
  Command first{lockstep_command(train({"--epochs", "100000"}))};
  await_epochs(first, 1);
  ASSERT_FALSE(first.ended()) << first.wait().err;
  const CommandResult second = run_lockstep(train({"--epochs", "100000"}));
  EXPECT_EQ(second.status, 2);
  EXPECT_NE(second.err.find("another lockstep is working in"), std::string::npos) << second.err;
  EXPECT_FALSE(first.ended());
}

TEST_F(TrainCommand, WarnsOfMoreThreadsThanCores) {
  const std::string threads = std::to_string(std::thread::hardware_concurrency() + 3);
  const CommandResult result = run_lockstep(train({"--threads", threads}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("warning: " + threads + " threads share"), std::string::npos) << result.err;
}

/// Stopped in the middle by a signal, on `ranks`, and completed on `ranks_after`.
struct Interruption {
  const char* name;
  int signal;
  int ranks;
  int ranks_after;
};

class Interrupted : public TrainCommand, public testing::WithParamInterface<Interruption> {};

TEST_P(Interrupted, SavesAndContinuesToTheSameEnd) {
  const Interruption& how = GetParam();
  ASSERT_EQ(run_lockstep(train_slowly("whole")).status, 0);

  Command command{how.ranks == 1 ? lockstep_command(train_slowly()) : mpirun_command(how.ranks, train_slowly())};
  await_epochs(command, 1);
  command.send(how.signal);
  const CommandResult stopped = command.wait();
  ASSERT_EQ(stopped.status, 75) << stopped.err;
  EXPECT_NE(stopped.err.find("the same command goes on from there"), std::string::npos) << stopped.err;
  EXPECT_FALSE(fs::exists(run_path() + "/summary.json"));

  EXPECT_EQ(stopped.out.find("weights hash"), std::string::npos) << stopped.out;

  const CommandResult rest = run_lockstep_on(how.ranks_after, train_slowly());
  ASSERT_EQ(rest.status, 0) << rest.err;
  EXPECT_NE(rest.err.find("going on after step"), std::string::npos) << rest.err;
  EXPECT_NE(rest.out.find("s since the last start (after step"), std::string::npos) << rest.out;
  EXPECT_EQ(summary().at("weights_hash"), summary("whole").at("weights_hash"));
  EXPECT_EQ(without_times(lines_of(run_path() + "/metrics.jsonl")),
            without_times(lines_of(runs_ / "whole/metrics.jsonl")));
}

TEST_F(TrainCommand, GoesOnWithoutATerminalUnderNohup) {
  Arguments arguments = lockstep_command(train_slowly());
  arguments.insert(arguments.begin(), "nohup");
  Command command{arguments};
  await_epochs(command, 1);
  command.send(SIGHUP);
  const CommandResult result = command.wait();
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_TRUE(fs::exists(run_path() + "/summary.json"));
}

TEST_F(TrainCommand, PrintsAnObjectWhenItIsInterrupted) {
  Arguments arguments = train_slowly();
  arguments.emplace_back("--json");
  Command command{lockstep_command(arguments)};
  await_epochs(command, 1);
  command.send(SIGTERM);
  const CommandResult stopped = command.wait();
  ASSERT_EQ(stopped.status, 75) << stopped.err;
  const Json object = Json::parse(stopped.out);
  EXPECT_EQ(object.at("status"), "interrupted");
  EXPECT_EQ(object.at("signal"), "SIGTERM");
  EXPECT_GE(object.at("steps").get<int>(), 1);
  EXPECT_EQ(object.at("run"), run_path());
}

INSTANTIATE_TEST_SUITE_P(TrainCommand, Interrupted,
                         testing::Values(Interruption{"ByTerm", SIGTERM, 1, 1}, Interruption{"ByInt", SIGINT, 1, 2},
                                         Interruption{"ByUser1", SIGUSR1, 1, 1}, Interruption{"ByHangUp", SIGHUP, 1, 1},
                                         Interruption{"ByUser1OnTwoRanks", SIGUSR1, 2, 3},
                                         Interruption{"ByUser1OnThreeRanks", SIGUSR1, 3, 1}),
                         [](const testing::TestParamInfo<Interruption>& how) { return std::string{how.param.name}; });

class OnRanks : public TrainCommand, public testing::WithParamInterface<int> {};

TEST_P(OnRanks, GivesTheHashOfOneRank) {
  const Arguments flags{"--validation", "0.2", "--input-dropout", "0.1"};
  ASSERT_EQ(run_lockstep(train(flags, "alone")).status, 0);
  const CommandResult result = run_lockstep_on(GetParam(), train(flags));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(summary().at("weights_hash"), summary("alone").at("weights_hash"));
  EXPECT_EQ(summary().at("test_loss"), summary("alone").at("test_loss"));
  EXPECT_EQ(summary().at("ranks"), GetParam());
  EXPECT_EQ(without_times(lines_of(run_path() + "/metrics.jsonl")),
            without_times(lines_of(runs_ / "alone/metrics.jsonl")));
}

TEST_P(OnRanks, GivesTheHashOfOneRankFromCompressedChunks) {
  const std::string data = runs_ / "chunks.h5";
  ASSERT_EQ(
      run_lockstep({"data", "make", "modes", data, "--samples", "211", "--seed", "3", "--chunk", "19", "--gzip", "4"})
          .status,
      0);
  const auto arguments = [&](const std::string& run, const std::string& threads) {
    return Arguments{"train", "--train",      data, "--run",        runs_ / run, "--hidden",  "11",   "--epochs",
                     "3",     "--batch-size", "37", "--validation", "0.2",       "--threads", threads};
  };
  ASSERT_EQ(run_lockstep(arguments("alone", "1")).status, 0);
  const CommandResult result = run_lockstep_on(GetParam(), arguments("run", "2"));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(summary().at("weights_hash"), summary("alone").at("weights_hash"));
}

TEST_P(OnRanks, LeavesInOrderWhenTheRequestIsWrong) {
  const CommandResult result =
      run_lockstep_on(GetParam(), {"train", "--train", in_folder("missing.h5"), "--run", run_path(), "--dropout", "2"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("missing.h5"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("dropout is 2"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("MPI_ABORT"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(run_path()));
}

TEST_P(OnRanks, LeavesInOrderWhenTheDirectoryIsAnotherRuns) {
  ASSERT_EQ(run_lockstep(train()).status, 0);
  const CommandResult result = run_lockstep_on(GetParam(), train({"--seed", "3"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("seed was '1'"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("MPI_ABORT"), std::string::npos) << result.err;
}

TEST_P(OnRanks, SaysThatAFinishedRunIsFinished) {
  ASSERT_EQ(run_lockstep(train()).status, 0);
  const CommandResult result = run_lockstep_on(GetParam(), train());
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("finished already"), std::string::npos) << result.out;
}

TEST_P(OnRanks, RefusesABatchSmallerThanTheRanks) {
  const CommandResult result = run_lockstep_on(GetParam(), train({"--batch-size", "1"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("raise --batch-size or start fewer ranks"), std::string::npos) << result.err;
}

TEST_P(OnRanks, RefusesAnOutputThatTheLossOfTheTaskCannotUse) {
  for (const char* check : {"--json", "--check-gradients"}) {
    const CommandResult classes = run_lockstep_on(GetParam(), train({"--output", "tanh", check}));
    EXPECT_EQ(classes.status, 2);
    EXPECT_NE(classes.err.find("needs the output activation softmax, not tanh"), std::string::npos) << classes.err;
    EXPECT_EQ(classes.err.find("MPI_ABORT"), std::string::npos) << classes.err;
  }
  const CommandResult values = run_lockstep_on(
      GetParam(), {"train", "--train", in_folder("plane.h5"), "--run", run_path(), "--output", "softmax"});
  EXPECT_EQ(values.status, 2);
  EXPECT_NE(values.err.find("needs the loss cross-entropy"), std::string::npos) << values.err;
  EXPECT_FALSE(fs::exists(run_path()));
}

TEST_P(OnRanks, RefusesInitialWeightsOfAnotherForm) {
  ASSERT_EQ(run_lockstep(train({}, "first")).status, 0);
  const CommandResult result =
      run_lockstep_on(GetParam(), train({"--init-from", runs_ / "first", "--activation", "tanh"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("another form"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("MPI_ABORT"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(run_path()));
}

TEST_P(OnRanks, StopsWithStepAndLayerWhenTrainingDiverges) {
  const CommandResult result = run_lockstep_on(
      GetParam(), train({"--optimizer", "sgd", "--learning-rate", "1e30", "--loss", "mean-squared-error"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("diverged at step"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("MPI_ABORT"), std::string::npos) << result.err;
}

INSTANTIATE_TEST_SUITE_P(TrainCommand, OnRanks, testing::Values(2, 3));

}  // namespace
}  // namespace lockstep::test
