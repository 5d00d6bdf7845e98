// SPDX-License-Identifier: MIT
// Training goes on while a checkpoint is written.
#include "apps/run_observer.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "io/checkpoint_directory.hpp"
#include "io/checkpoint_example.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep {
namespace {

/// A disk that takes its time: flushing returns when it is let, or after ten seconds.
class SlowDisk {
 public:
  void hold() { held_ = true; }
  void let() {
    {
      const std::lock_guard lock{mutex_};
      held_ = false;
    }
    changed_.notify_all();
  }
  void flush() {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, std::chrono::seconds{10}, [this] { return !held_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
};

SlowDisk& disk() {
  static SlowDisk the_one;
  return the_one;
}

class RunObserverTest : public testing::Test {
 protected:
  [[nodiscard]] std::size_t checkpoints() const { return CheckpointDirectory{directory_.checkpoints()}.files().size(); }
  static Checkpoint state_of_step(std::uint64_t step) {
    Checkpoint checkpoint = example_checkpoint();
    checkpoint.state.step = step;
    checkpoint.state.best.reset();
    return checkpoint;
  }

  TemporaryDirectory place_;
  RunDirectory directory_{place_ / "run"};
  Console console_{0, 1};
};

TEST_F(RunObserverTest, ReturnsBeforeTheCheckpointIsOnDiskAndWaitsForItAtTheEnd) {
  directory_.make();
  RunObserver observer{console_, {}, &directory_, std::nullopt};
  disk().hold();
  observer.save(state_of_step(7));
  observer.on_step({.step = 8, .steps = 9});
  EXPECT_EQ(checkpoints(), 0U) << "training waited for the disk";
  disk().let();
  EXPECT_EQ(observer.fault(), "");
  EXPECT_EQ(observer.saved_step(), 7U);
  EXPECT_EQ(checkpoints(), 1U);
}

TEST_F(RunObserverTest, WritesEveryStateThatIsSaved) {
  directory_.make();
  RunObserver observer{console_, {.keep = 3}, &directory_, std::nullopt};
  for (const std::uint64_t step : {3U, 4U, 5U}) observer.save(state_of_step(step));
  EXPECT_EQ(observer.saved_step(), 5U);
  EXPECT_EQ(checkpoints(), 3U);
}

TEST_F(RunObserverTest, TellsInTheEndWhatCouldNotBeSaved) {
  directory_.make();
  std::filesystem::remove_all(directory_.checkpoints());
  RunObserver observer{console_, {}, &directory_, 5};
  const std::filesystem::path folder{directory_.path()};
  std::filesystem::rename(folder, folder.string() + "-away");
  std::filesystem::create_symlink("nowhere/at/all", folder);
  testing::internal::CaptureStderr();
  observer.save(state_of_step(7));
  const std::string fault = observer.fault();
  EXPECT_NE(testing::internal::GetCapturedStderr().find("warning: the checkpoint of step 7"), std::string::npos);
  EXPECT_NE(fault.find("the state after step 7 could not be saved"), std::string::npos) << fault;
  EXPECT_NE(fault.find("that of step 5"), std::string::npos) << fault;
}

}  // namespace
}  // namespace lockstep

/// Found by the dynamic linker before the C library's.
extern "C" int fsync(int file) {
  lockstep::disk().flush();
  return reinterpret_cast<int (*)(int)>(::dlsym(RTLD_NEXT, "fsync"))(file);
}
