// SPDX-License-Identifier: MIT
// Runs of `lockstep train` that meet a full disk, a damaged checkpoint, or an end without warning.
#include <csignal>
#include <random>

#include "apps/train_runs.hpp"

namespace lockstep::test {
namespace {

/// The command with files limited to so many KiB each: longer writes fail as on a full disk.
Arguments on_a_full_disk(int kibibytes, const Arguments& command) {
  Arguments limited{"bash", "-c", "trap '' XFSZ; ulimit -f " + std::to_string(kibibytes) + "; exec \"$@\"", "bash"};
  limited.insert(limited.end(), command.begin(), command.end());
  return limited;
}

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

class TrainRecovery : public TrainRuns {
 protected:
  /// Paths of the checkpoints to go on from, newest last.
  [[nodiscard]] std::vector<std::string> checkpoints() const {
    std::vector<std::string> paths;
    for (const auto& entry : fs::directory_iterator{run_path() + "/checkpoints"})
      if (entry.path().filename().string().starts_with("step-") && entry.path().extension() == ".h5")
        paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  /// Starts the slow run and stops it by a signal after an epoch.
  void interrupt(const Arguments& arguments) const {
    Command command{lockstep_command(arguments)};
    await_epochs(command, 1);
    command.send(SIGUSR1);
    const CommandResult stopped = command.wait();
    ASSERT_EQ(stopped.status, 75) << stopped.err;
  }

  void expect_the_end_of_the_whole_run() const {
    EXPECT_EQ(summary().at("weights_hash"), summary("whole").at("weights_hash"));
    EXPECT_EQ(without_times(lines_of(run_path() + "/metrics.jsonl")),
              without_times(lines_of(runs_ / "whole/metrics.jsonl")));
  }
};

constexpr int too_small_for_a_checkpoint = 200;  // KiB; one of the slow run takes some 2,000

TEST_F(TrainRecovery, WarnsOfAFullDiskGoesOnAndFailsAtTheEnd) {
  const Arguments arguments = train({"--hidden", "401,401", "--checkpoint-every", "3"});
  const CommandResult full = run_command(on_a_full_disk(too_small_for_a_checkpoint, lockstep_command(arguments)));
  EXPECT_EQ(full.status, 1) << full.err;
  EXPECT_EQ(occurrences(full.err, "warning: the checkpoint of step 3 could not be written"), 1U) << full.err;
  EXPECT_EQ(occurrences(full.err, "warning:"), 1U) << full.err;
  EXPECT_NE(full.err.find("error: the state after step 30 could not be saved"), std::string::npos) << full.err;
  EXPECT_NE(full.err.find("the newest checkpoint is none"), std::string::npos) << full.err;
  EXPECT_FALSE(fs::exists(run_path() + "/summary.json"));

  const CommandResult again = run_lockstep(arguments);
  ASSERT_EQ(again.status, 0) << again.err;
  ASSERT_EQ(run_lockstep(train({"--hidden", "401,401"}, "whole")).status, 0);
  expect_the_end_of_the_whole_run();
}

TEST_F(TrainRecovery, FailsOnAllRanksWhenTheLastStateCannotBeSaved) {
  ASSERT_EQ(run_lockstep(train_slowly("whole")).status, 0);
  interrupt(train_slowly());
  const std::vector<std::string> before = checkpoints();
  const std::size_t epochs = lines_of(run_path() + "/metrics.jsonl").size();
  const std::string folder = run_path() + "/checkpoints";
  Command command{mpirun_command(2, train_slowly())};
  await_epochs(command, epochs + 1);
  fs::rename(folder, folder + "-away");
  std::ofstream{folder} << "a file where the folder was";
  const CommandResult failed = command.wait();
  EXPECT_EQ(failed.status, 1) << failed.err;
  EXPECT_NE(failed.err.find("from which the same command goes on"), std::string::npos) << failed.err;
  EXPECT_EQ(failed.err.find("MPI_ABORT"), std::string::npos) << failed.err;
  fs::remove(folder);
  fs::rename(folder + "-away", folder);
  EXPECT_EQ(checkpoints(), before);
  ASSERT_EQ(run_lockstep(train_slowly()).status, 0);
  expect_the_end_of_the_whole_run();
}

TEST_F(TrainRecovery, PassesOverADamagedCheckpointAndNamesIt) {
  const Arguments every_third{"--checkpoint-every", "3"};
  ASSERT_EQ(run_lockstep(train_slowly("whole")).status, 0);
  interrupt(train_slowly("run", every_third));
  const std::vector<std::string> paths = checkpoints();
  ASSERT_EQ(paths.size(), 2U);
  {
    std::fstream file{paths.back(), std::ios::in | std::ios::out | std::ios::binary};
    const auto middle = static_cast<std::streamoff>(fs::file_size(paths.back()) / 2);
    file.seekg(middle);
    const int byte = file.get();
    file.seekp(middle);
    file.put(static_cast<char>(byte ^ 1));
  }
  const CommandResult rest = run_lockstep(train_slowly("run", every_third));
  ASSERT_EQ(rest.status, 0) << rest.err;
  EXPECT_NE(rest.err.find("warning: passed over " + paths.back()), std::string::npos) << rest.err;
  EXPECT_NE(rest.err.find("from " + paths.front()), std::string::npos) << rest.err;
  expect_the_end_of_the_whole_run();
}

TEST_F(TrainRecovery, EndsWithASentenceWhenItsDataAreShortenedAndGoesOnWhenTheyAreWhole) {
  ASSERT_EQ(run_lockstep(train_slowly("whole")).status, 0);
  const std::string data = runs_ / "train.h5";
  const std::string kept = runs_ / "kept.h5";
  fs::copy_file(in_folder("train.h5"), data);
  fs::copy_file(data, kept);
  Command command{lockstep_command(train_slowly("run", {"--train", data}))};
  await_epochs(command, 1);
  fs::resize_file(data, 512);  // what lies behind the first page is gone
  const CommandResult shortened = command.wait();
  EXPECT_EQ(shortened.status, 1) << shortened.err;
  EXPECT_NE(shortened.err.find("error: a data set was shortened"), std::string::npos) << shortened.err;

  fs::rename(kept, data);
  ASSERT_EQ(run_lockstep(train_slowly("run", {"--train", data})).status, 0);
  expect_the_end_of_the_whole_run();
}

TEST_F(TrainRecovery, CompletesARunThatWasKilledBeforeItsSummary) {
  ASSERT_EQ(run_lockstep(train({}, "whole")).status, 0);
  ASSERT_EQ(run_lockstep(train()).status, 0);
  fs::remove(run_path() + "/summary.json");
  const CommandResult rest = run_lockstep(train());
  ASSERT_EQ(rest.status, 0) << rest.err;
  EXPECT_NE(rest.err.find("going on after step 30"), std::string::npos) << rest.err;
  EXPECT_EQ(summary().at("test_loss"), summary("whole").at("test_loss"));
  EXPECT_EQ(summary().at("train_loss"), summary("whole").at("train_loss"));
  expect_the_end_of_the_whole_run();
}

/// The process that mpirun `launcher` started last.
pid_t last_rank(pid_t launcher) {
  const std::string id = std::to_string(launcher);
  std::istringstream children{text_of("/proc/" + id + "/task/" + id + "/children")};
  pid_t last = -1;
  for (pid_t child = 0; children >> child;) last = child;
  return last;
}

class Killed : public TrainRecovery, public testing::WithParamInterface<unsigned> {};

TEST_P(Killed, GoesOnToTheSameEnd) {
  ASSERT_EQ(run_lockstep(train_slowly("whole")).status, 0);
  std::mt19937 random{GetParam()};
  const Arguments arguments = train_slowly("run", {"--checkpoint-every", "7"});
  for (std::size_t kill = 1; kill <= 3; ++kill) {
    Command command{lockstep_command(arguments)};
    await_epochs(command, kill * 20 + random() % 7);
    std::this_thread::sleep_for(std::chrono::microseconds{random() % 20'000});
    command.send(SIGKILL);
    const int status = command.wait().status;
    EXPECT_TRUE(status == 128 + SIGKILL || status == 0) << status;
  }
  const CommandResult rest = run_lockstep_on(2, arguments);
  ASSERT_EQ(rest.status, 0) << rest.err;
  expect_the_end_of_the_whole_run();
}

TEST_P(Killed, ARankTakesTheOthersWithIt) {
  std::mt19937 random{GetParam()};
  const Arguments arguments = train_slowly("run", {"--epochs", "100000", "--checkpoint-every", "7"});
  Command command{mpirun_command(3, arguments)};
  await_epochs(command, 1 + random() % 5);
  ASSERT_FALSE(command.ended()) << command.wait().err;
  const pid_t rank = last_rank(command.process());
  ASSERT_GT(rank, 0);
  ::kill(rank, SIGKILL);
  EXPECT_NE(command.wait().status, 0);
  // The lock of the directory is free once no rank is left.
  Command next{lockstep_command(arguments)};
  const std::size_t lines = lines_of(run_path() + "/metrics.jsonl").size();
  await_epochs(next, lines + 1);
  EXPECT_FALSE(next.ended()) << next.wait().err;
}

INSTANTIATE_TEST_SUITE_P(Train, Killed, testing::Values(1U, 2U));

}  // namespace
}  // namespace lockstep::test
