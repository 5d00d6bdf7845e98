// SPDX-License-Identifier: MIT
// Every system call of a checkpoint's writing fails once, or is the last before the process is killed. Whatever
// happens, the newest valid checkpoint is a complete one, the old or the new, and the next save works.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include "core/error.hpp"
#include "io/checkpoint_directory.hpp"
#include "support/fault_shim.hpp"
#include "support/temporary_directory.hpp"
#include "tests/io/checkpoint_example.hpp"

namespace lockstep::test {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

constexpr int keep = 2;

Checkpoint at_step(std::uint64_t step, double loss = 0.5) {
  Checkpoint checkpoint = example_checkpoint();
  checkpoint.state.step = step;
  checkpoint.state.best->loss = loss;
  return checkpoint;
}

std::string bytes_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

Names names_in(const std::string& directory) {
  Names names;
  for (const auto& entry : fs::directory_iterator{directory}) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

/// What lies there before, and what is then saved.
struct Scenario {
  const char* name;
  std::vector<std::uint64_t> before;  ///< steps
  bool leftover = false;              ///< of a killed writer
  std::uint64_t saved = 0;
};

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all{
      {.name = "the first save makes the directory", .before = {}, .saved = 1},
      {.name = "a later save removes the oldest", .before = {1, 2}, .saved = 3},
      {.name = "a save replaces the same step", .before = {1, 2}, .saved = 2},
      {.name = "a save removes what a killed writer left", .before = {1, 2}, .leftover = true, .saved = 3},
  };
  return all;
}

/// What a scenario begins with, made once: the directory, and the bytes of what its newest checkpoint may be
/// afterwards.
struct Prototype {
  explicit Prototype(const Scenario& scenario) {
    const std::string checkpoints = place / "run/checkpoints";
    for (const std::uint64_t step : scenario.before) CheckpointDirectory{checkpoints}.save(at_step(step), keep);
    if (!scenario.before.empty()) old_bytes = bytes_of_file(CheckpointDirectory{checkpoints}.newest().path);
    if (scenario.leftover) std::ofstream{checkpoints + "/step-000000000002.h5.lockstep-tmp"} << "half";
    const TemporaryDirectory elsewhere;
    CheckpointDirectory{elsewhere.path()}.save(at_step(scenario.saved, new_loss), keep);
    new_bytes = bytes_of_file(CheckpointDirectory{elsewhere.path()}.newest().path);
  }
  static constexpr double new_loss = 0.25;

  TemporaryDirectory place;
  std::string old_bytes;  ///< empty: no checkpoint yet
  std::string new_bytes;
};

const Prototype& prototype_of(const Scenario& scenario) {
  static std::map<const Scenario*, std::unique_ptr<Prototype>> all;
  std::unique_ptr<Prototype>& prototype = all[&scenario];
  if (!prototype) prototype = std::make_unique<Prototype>(scenario);
  return *prototype;
}

/// A copy of a prototype, to do harm to.
class Stage {
 public:
  explicit Stage(const Scenario& scenario) : scenario_{scenario}, prototype_{prototype_of(scenario)} {
    fs::copy(prototype_.place.path(), place_.path(), fs::copy_options::recursive);
  }

  [[nodiscard]] std::string directory() const { return place_ / "run/checkpoints"; }

  /// The save under test; returns what it threw, "" when nothing.
  std::string save(FaultPlan plan) const {
    const Checkpoint checkpoint = at_step(scenario_.saved, Prototype::new_loss);
    CheckpointDirectory checkpoints{directory()};
    std::string problem;
    arm_faults(plan);
    try {
      checkpoints.save(checkpoint, keep);
    } catch (const FileError& error) {
      problem = error.what();
    }
    calls_ = disarm_faults();
    return problem;
  }
  [[nodiscard]] const Names& calls() const { return calls_; }

  void expect_sound(const std::string& what) const {
    const CheckpointDirectory::Newest newest = CheckpointDirectory{directory()}.newest();
    EXPECT_TRUE(newest.rejected.empty()) << what;
    const std::string found = newest.checkpoint ? bytes_of_file(newest.path) : std::string{};
    EXPECT_TRUE(found == prototype_.old_bytes || found == prototype_.new_bytes)
        << what << ": neither the old state nor the new";
  }
  void expect_the_new_state(const std::string& what) const {
    EXPECT_EQ(bytes_of_file(CheckpointDirectory{directory()}.newest().path), prototype_.new_bytes) << what;
  }
  void expect_nothing_half_written(const std::string& what) const {
    if (!fs::exists(directory())) return;
    for (const std::string& name : names_in(directory())) {
      EXPECT_TRUE(!name.ends_with(".lockstep-tmp") ||
                  (scenario_.leftover && name == "step-000000000002.h5.lockstep-tmp"))
          << what;
    }
  }
  void expect_that_the_next_save_works(const std::string& what) const {
    ASSERT_NO_THROW(CheckpointDirectory{directory()}.save(at_step(9), keep)) << what;
    const Names names = names_in(directory());
    EXPECT_LE(names.size(), static_cast<std::size_t>(keep)) << what << ": something was left behind";
    EXPECT_EQ(names.back(), "step-000000000009.h5") << what;
    EXPECT_EQ(CheckpointDirectory{directory()}.newest().checkpoint->state.step, 9U) << what;
  }

 private:
  const Scenario& scenario_;
  const Prototype& prototype_;
  TemporaryDirectory place_;
  mutable Names calls_;
};

Names calls_of(const Scenario& scenario) {
  const Stage stage{scenario};
  EXPECT_EQ(stage.save({}), "");
  stage.expect_the_new_state(scenario.name);
  return stage.calls();
}

/// Calls body(stage, call, what) on a fresh stage for every call that an undisturbed save makes.
void for_each_call(const std::function<void(const Stage&, int, const std::string&)>& body) {
  for (const Scenario& scenario : scenarios()) {
    const Names calls = calls_of(scenario);
    for (std::size_t call = 0; call < calls.size(); ++call) {
      const Stage stage{scenario};
      body(stage, static_cast<int>(call), fmt::format("{}: {} (call {})", scenario.name, calls[call], call));
    }
  }
}

TEST(CheckpointFaults, TheShimSeesEveryKindOfCall) {
  std::set<std::string> seen;
  for (const Scenario& scenario : scenarios()) {
    for (const std::string& call : calls_of(scenario)) seen.insert(call);
  }
  for (const char* call : {"mkdir", "open", "write", "fsync", "close", "rename", "readdir", "remove"}) {
    EXPECT_TRUE(seen.contains(call)) << call;
  }
}

TEST(CheckpointFaults, AnyCallMayFailOnce) {
  for (const int error : {EIO, ENOSPC, EACCES}) {
    for_each_call([&](const Stage& stage, int call, const std::string& what) {
      const std::string problem = stage.save({.fault = Fault::error, .call = call, .error = error});
      stage.expect_sound(what);
      stage.expect_nothing_half_written(what);
      if (problem.empty()) stage.expect_the_new_state(what);
      stage.expect_that_the_next_save_works(what);
    });
  }
}

TEST(CheckpointFaults, AnyCallMayDoItsWorkAndReportAnErrorAllTheSame) {
  for_each_call([](const Stage& stage, int call, const std::string& what) {
    const std::string problem = stage.save({.fault = Fault::error_after, .call = call, .error = EIO});
    stage.expect_sound(what);
    if (problem.empty()) stage.expect_the_new_state(what);
    stage.expect_that_the_next_save_works(what);
  });
}

TEST(CheckpointFaults, TheDiskMayGoAtAnyCall) {
  for (const int error : {EIO, EROFS}) {
    for_each_call([&](const Stage& stage, int call, const std::string& what) {
      (void)stage.save({.fault = Fault::broken_disk, .call = call, .error = error});
      stage.expect_sound(what);
      stage.expect_that_the_next_save_works(what);
    });
  }
}

TEST(CheckpointFaults, WritingThatFailsSaysSoInASentence) {
  for_each_call([](const Stage& stage, int call, const std::string& what) {
    const std::string problem = stage.save({.fault = Fault::error, .call = call, .error = ENOSPC});
    const std::string name = stage.calls()[static_cast<std::size_t>(call)];
    if (name == "write" || name == "fsync" || name == "rename" || name == "mkdir") {
      EXPECT_NE(problem.find("No space left on device"), std::string::npos) << what << ": " << problem;
      EXPECT_NE(problem.find("free space or choose another directory"), std::string::npos) << what << ": " << problem;
    }
  });
}

TEST(CheckpointFaults, AWriteMayBeShort) {
  for_each_call([](const Stage& stage, int call, const std::string& what) {
    EXPECT_EQ(stage.save({.fault = Fault::short_write, .call = call}), "") << what;
    stage.expect_the_new_state(what);
    stage.expect_that_the_next_save_works(what);
  });
}

TEST(CheckpointFaults, TheDiskMayFillInTheMiddleOfAWrite) {
  for_each_call([](const Stage& stage, int call, const std::string& what) {
    const std::string problem = stage.save({.fault = Fault::full_disk, .call = call});
    stage.expect_sound(what);
    stage.expect_nothing_half_written(what);
    if (problem.empty()) stage.expect_the_new_state(what);
    stage.expect_that_the_next_save_works(what);
  });
}

TEST(CheckpointFaults, ASignalMayInterruptAnyCallThatWaits) {
  for_each_call([](const Stage& stage, int call, const std::string& what) {
    const std::string problem = stage.save({.fault = Fault::error, .call = call, .error = EINTR});
    const std::string name = stage.calls()[static_cast<std::size_t>(call)];
    if (name == "open" || name == "write" || name == "fsync" || name == "close") {
      EXPECT_EQ(problem, "") << what;
      stage.expect_the_new_state(what);
    }
    stage.expect_sound(what);
    stage.expect_that_the_next_save_works(what);
  });
}

TEST(CheckpointFaults, TheProcessMayBeKilledBeforeAmidOrAfterAnyCall) {
  for (const Fault fault : {Fault::kill_before, Fault::kill_amid, Fault::kill_after}) {
    for_each_call([&](const Stage& stage, int call, const std::string& what) {
      const pid_t child = ::fork();
      if (child == 0) {
        (void)stage.save({.fault = fault, .call = call});
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << what;
      stage.expect_sound(what);
      stage.expect_that_the_next_save_works(what);
    });
  }
}

}  // namespace
}  // namespace lockstep::test
