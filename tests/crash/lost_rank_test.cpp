// SPDX-License-Identifier: MIT
// A rank that is killed or stopped, at random instants: nobody waits for it for ever, and it is named.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "crash/rank_processes.hpp"
#include "support/command.hpp"
#include "support/data_files.hpp"

namespace lockstep::test {
namespace {

using namespace std::chrono_literals;

constexpr int ranks = 3;

class LostRank : public testing::TestWithParam<int> {
 protected:
  /// Training that would go on for hours.
  [[nodiscard]] std::vector<std::string> endless_run() const {
    return mpirun_command(ranks, {"train", "--train", folder_ / "train.h5", "--run", folder_ / "run", "--epochs",
                                  "1000000", "--batch-size", "37", "--threads", "1", "--timeout", "4"});
  }

  void wait_for_first_epoch(Command& run) const {
    while (!run.ended() && (!std::filesystem::exists(folder_ / "run/metrics.jsonl") ||
                            std::filesystem::file_size(folder_ / "run/metrics.jsonl") == 0))
      std::this_thread::sleep_for(10ms);
  }

  /// Sends `signal` to one rank at some instant; returns how the run ended.
  CommandResult lose(int rank, std::chrono::milliseconds after, int signal) {
    write_blobs(folder_ / "train.h5", 211);
    Command run{endless_run()};
    wait_for_first_epoch(run);
    std::this_thread::sleep_for(after);
    processes_ = rank_processes(run.process());
    EXPECT_EQ(processes_.size(), static_cast<std::size_t>(ranks));
    ::kill(processes_[rank], signal);
    return run.wait();
  }

  /// Once mpirun has ended, no rank is left, a stopped one neither.
  void expect_all_ended() const {
    for (const auto& entry : processes_) {
      for (int looks = 0; looks < 1000 && lives(entry.second); ++looks) std::this_thread::sleep_for(10ms);
      EXPECT_FALSE(lives(entry.second)) << "rank " << entry.first << " still lives";
    }
  }

  TemporaryDirectory folder_;
  std::map<int, pid_t> processes_;
};

TEST_P(LostRank, IsNamedWhenItWasStopped) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  const int rank = static_cast<int>(random() % ranks);
  const CommandResult result = lose(rank, std::chrono::milliseconds{random() % 1000}, SIGSTOP);
  EXPECT_NE(result.status, 0);
  const std::string place = fmt::format("rank {} did not arrive and gave no sign of life for 4 s: ", rank);
  const std::size_t at = result.err.find(place);
  ASSERT_NE(at, std::string::npos) << result.err;
  EXPECT_NE(result.err.find("step ", at), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(fmt::format("missing: rank {} (", rank), at), std::string::npos) << result.err;
  expect_all_ended();
}

TEST_P(LostRank, IsNamedWhenItWasKilled) {
  std::mt19937 random(static_cast<unsigned>(100 + GetParam()));
  const int rank = static_cast<int>(random() % ranks);
  const CommandResult result = lose(rank, std::chrono::milliseconds{random() % 1000}, SIGKILL);
  EXPECT_NE(result.status, 0);
  // mpirun sees the death first and ends the others; those that still wait by then say for whom.
  EXPECT_NE(result.err.find(fmt::format("process rank {} ", rank)), std::string::npos) << result.err;
  expect_all_ended();
}

INSTANTIATE_TEST_SUITE_P(Instants, LostRank, testing::Values(1, 2, 3));

}  // namespace
}  // namespace lockstep::test
