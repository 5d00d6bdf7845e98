// SPDX-License-Identifier: MIT
#include "io/checkpoint_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "tests/io/checkpoint_example.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {
namespace {

Checkpoint at_step(std::uint64_t step) {
  Checkpoint checkpoint = bare_checkpoint();
  checkpoint.state.step = step;
  return checkpoint;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{directory}) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

void spoil(const std::string& path) { std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1); }

TEST(CheckpointDirectory, IsEmptyBeforeTheFirstSave) {
  const TemporaryDirectory directory;
  const CheckpointDirectory checkpoints{directory / "not/yet"};
  EXPECT_FALSE(checkpoints.newest().checkpoint.has_value());
  EXPECT_TRUE(checkpoints.newest().rejected.empty());
}

TEST(CheckpointDirectory, KeepsTheNewest) {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints{directory / "not/yet"};
  for (const std::uint64_t step : {7U, 99U, 100U, 1234567U}) checkpoints.save(at_step(step), 3);
  EXPECT_EQ(names_in(directory / "not/yet"),
            (std::vector<std::string>{"step-000000000099.h5", "step-000000000100.h5", "step-000001234567.h5"}));
  const CheckpointDirectory::Newest newest = checkpoints.newest();
  ASSERT_TRUE(newest.checkpoint.has_value());
  EXPECT_EQ(newest.checkpoint->state.step, 1234567U);
  EXPECT_TRUE(newest.path.ends_with("not/yet/step-000001234567.h5"));
}

TEST(CheckpointDirectory, FallsBackBehindDamageAndSaysWhy) {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints{directory.path()};
  for (const std::uint64_t step : {5U, 6U, 7U}) checkpoints.save(at_step(step), 3);
  spoil(directory / "step-000000000007.h5");
  std::ofstream{directory / "step-000000000006.h5"} << "not a checkpoint at all";
  const CheckpointDirectory::Newest newest = checkpoints.newest();
  ASSERT_TRUE(newest.checkpoint.has_value());
  EXPECT_EQ(newest.checkpoint->state.step, 5U);
  ASSERT_EQ(newest.rejected.size(), 2U);
  EXPECT_NE(newest.rejected[0].find("step-000000000007.h5: the checkpoint is truncated"), std::string::npos);
  EXPECT_NE(newest.rejected[1].find("step-000000000006.h5: this is not a Lockstep checkpoint"), std::string::npos);
}

TEST(CheckpointDirectory, DoesNotPassOverASoundCheckpointOfAnotherKind) {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints{directory.path()};
  checkpoints.save(at_step(5));
  // What cannot be opened, though nothing says that it is damaged.
  std::filesystem::create_symlink(directory / "step-000000000007.h5", directory / "step-000000000007.h5");
  EXPECT_THROW((void)checkpoints.newest(), FileError);
}

TEST(CheckpointDirectory, ListsAllOfThemNewestFirst) {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints{directory.path()};
  for (const std::uint64_t step : {5U, 6U}) checkpoints.save(at_step(step));
  EXPECT_EQ(checkpoints.files(),
            (std::vector<std::string>{directory / "step-000000000006.h5", directory / "step-000000000005.h5"}));
}

TEST(CheckpointDirectory, NeverRemovesWhatItJustWroteForTheSakeOfADamagedLaterOne) {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints{directory.path()};
  for (const std::uint64_t step : {10U, 20U}) checkpoints.save(at_step(step));
  spoil(directory / "step-000000000020.h5");
  checkpoints.save(at_step(13), 1);
  EXPECT_EQ(names_in(directory.path()), (std::vector<std::string>{"step-000000000013.h5", "step-000000000020.h5"}));
  EXPECT_EQ(checkpoints.newest().checkpoint->state.step, 13U);
}

TEST(CheckpointDirectory, RemovesWhatAKilledWriterLeftAndNothingElse) {
  const TemporaryDirectory directory;
  CheckpointDirectory checkpoints{directory.path()};
  for (const char* name : {"step-000000000003.h5.lockstep-tmp", "notes.txt", "step-3.h5", "step-00000000000x.h5"}) {
    std::ofstream{directory / name} << "something";
  }
  checkpoints.save(at_step(4), 1);
  EXPECT_EQ(names_in(directory.path()),
            (std::vector<std::string>{"notes.txt", "step-000000000004.h5", "step-00000000000x.h5", "step-3.h5"}));
}

TEST(CheckpointDirectory, SaysWhenItCannotBeMade) {
  const TemporaryDirectory directory;
  std::ofstream{directory / "file"} << "in the way";
  CheckpointDirectory checkpoints{directory / "file/checkpoints"};
  EXPECT_THROW(checkpoints.save(at_step(1)), FileError);
}

}  // namespace
}  // namespace lockstep
