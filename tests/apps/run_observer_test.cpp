// SPDX-License-Identifier: MIT
// Training goes on while a checkpoint is written.
#include "apps/run_observer.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>

#include "io/checkpoint_directory.hpp"
#include "io/checkpoint_example.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep {
namespace {

/// A disk that takes its time: flushing returns when it is let, or after ten seconds.
class SlowDisk {
 public:
  void hold() {
    const std::lock_guard lock{mutex_};
    held_ = true;
  }
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

bool threads_can_be_had = true;

class RunObserverTest : public testing::Test {
 protected:
  [[nodiscard]] std::size_t checkpoints() const { return CheckpointDirectory{directory_.checkpoints()}.files().size(); }
  void begin() const {
    directory_.make();
    directory_.write_config({});
  }
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
  begin();
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
  begin();
  RunObserver observer{console_, {.keep = 3}, &directory_, std::nullopt};
  for (const std::uint64_t step : {3U, 4U, 5U}) observer.save(state_of_step(step));
  EXPECT_EQ(observer.saved_step(), 5U);
  EXPECT_EQ(checkpoints(), 3U);
}

TEST_F(RunObserverTest, WritesTheWholeStateWhereNoThreadCanBeHad) {
  begin();
  RunObserver observer{console_, {}, &directory_, std::nullopt};
  threads_can_be_had = false;
  observer.save(state_of_step(7));
  threads_can_be_had = true;
  EXPECT_EQ(checkpoints(), 1U) << "it was not written at once";
  EXPECT_EQ(observer.fault(), "");
  const CheckpointDirectory::Newest newest = CheckpointDirectory{directory_.checkpoints()}.newest();
  ASSERT_TRUE(newest.checkpoint);
  EXPECT_EQ(newest.checkpoint->model.parameters.size(), state_of_step(7).model.parameters.size());
  EXPECT_EQ(newest.checkpoint->state.optimizer.size(), state_of_step(7).state.optimizer.size());
}

TEST_F(RunObserverTest, SaysAtTheEndOfAFailedRunWhatCouldNotBeSaved) {
  begin();
  const std::filesystem::path folder{directory_.path()};
  testing::internal::CaptureStderr();
  {
    RunObserver observer{console_, {}, &directory_, 5};
    std::filesystem::rename(folder, folder.string() + "-away");
    std::filesystem::create_symlink("nowhere/at/all", folder);
    observer.save(state_of_step(7));
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("warning: the checkpoint of step 7"), std::string::npos);
}

TEST_F(RunObserverTest, WritesNothingIntoAnotherDirectoryOfItsName) {
  begin();
  RunObserver observer{console_, {}, &directory_, 5};
  std::filesystem::rename(directory_.path(), directory_.path() + "-away");
  std::filesystem::create_directory(directory_.path());
  testing::internal::CaptureStderr();
  observer.save(state_of_step(7));
  (void)observer.on_epoch({});
  EXPECT_NE(observer.fault().find("no longer holds the config.toml"), std::string::npos) << observer.fault();
  (void)testing::internal::GetCapturedStderr();
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(RunObserverTest, TellsInTheEndWhatCouldNotBeSaved) {
  begin();
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

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                              void* argument) noexcept {
  if (!lockstep::threads_can_be_had) return EAGAIN;
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  return reinterpret_cast<Create>(::dlsym(RTLD_NEXT, "pthread_create"))(thread, attributes, start, argument);
}
