// SPDX-License-Identifier: MIT
// Checkpoints: complete, readable by others, and any changed byte is found.
#include "io/checkpoint_file.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "core/error.hpp"
#include "tests/io/checkpoint_example.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {
namespace {

std::string bytes_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary}.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// What read_checkpoint says about this file; "" when it reads it.
std::string problem_with(const std::string& path) {
  try {
    (void)read_checkpoint(path);
  } catch (const FileError& error) {
    return error.what();
  }
  return {};
}

std::string problem_with(const std::string& path, const std::string& bytes) {
  write_bytes(path, bytes);
  return problem_with(path);
}

TEST(CheckpointFile, GivesBackEverything) {
  const TemporaryDirectory directory;
  const std::string path = directory / "full.h5";
  const Checkpoint written = example_checkpoint();
  write_checkpoint(path, written);
  const Checkpoint read = read_checkpoint(path);
  EXPECT_EQ(read.configuration, written.configuration);
  EXPECT_EQ(read.model.network.spec(), written.model.network.spec());
  EXPECT_TRUE(std::ranges::equal(read.model.parameters.span(), written.model.parameters.span()));
  EXPECT_EQ(read.model.loss, written.model.loss);
  EXPECT_EQ(read.model.task, written.model.task);
  EXPECT_EQ(read.model.input_transform, written.model.input_transform);
  EXPECT_EQ(read.model.target_transform, written.model.target_transform);
  EXPECT_EQ(read.model.class_names, written.model.class_names);
  EXPECT_EQ(read.model.feature_names, written.model.feature_names);
  EXPECT_EQ(read.model.target_names, written.model.target_names);
  EXPECT_EQ(read.model.classes, written.model.classes);
  EXPECT_EQ(read.state.step, written.state.step);
  EXPECT_EQ(read.state.epoch, written.state.epoch);
  EXPECT_EQ(read.state.step_in_epoch, written.state.step_in_epoch);
  EXPECT_EQ(read.state.finished, written.state.finished);
  ASSERT_EQ(read.state.optimizer.size(), 2U);
  for (std::size_t array = 0; array < 2; ++array) {
    EXPECT_TRUE(std::ranges::equal(read.state.optimizer[array].span(), written.state.optimizer[array].span()));
  }
  EXPECT_EQ(read.state.epoch_sums, written.state.epoch_sums);
  EXPECT_EQ(read.state.history, written.state.history);
  ASSERT_TRUE(read.state.best.has_value());
  EXPECT_EQ(read.state.best->loss, written.state.best->loss);
  EXPECT_EQ(read.state.best->epoch, written.state.best->epoch);
  EXPECT_TRUE(std::ranges::equal(read.state.best->parameters.span(), written.state.best->parameters.span()));
}

TEST(CheckpointFile, GivesBackAStateWithNothingOptional) {
  const TemporaryDirectory directory;
  const std::string path = directory / "bare.h5";
  write_checkpoint(path, bare_checkpoint());
  const Checkpoint read = read_checkpoint(path);
  EXPECT_TRUE(read.configuration.empty());
  EXPECT_TRUE(read.model.network.spec().hidden.empty());
  EXPECT_TRUE(read.state.optimizer.empty());
  EXPECT_TRUE(read.state.history.empty());
  EXPECT_TRUE(read.state.epoch_sums.empty());
  EXPECT_FALSE(read.state.best.has_value());
  EXPECT_TRUE(read.model.input_transform.shift.empty());
}

TEST(CheckpointFile, SameStateIsTheSameBytes) {
  const TemporaryDirectory directory;
  write_checkpoint(directory / "one.h5", example_checkpoint());
  write_checkpoint(directory / "two.h5", example_checkpoint());
  EXPECT_EQ(bytes_of_file(directory / "one.h5"), bytes_of_file(directory / "two.h5"));
}

TEST(CheckpointFile, WeightsLieAsUnitsByFanInForAnyHdf5Reader) {
  const TemporaryDirectory directory;
  const std::string path = directory / "raw.h5";
  const Checkpoint checkpoint = example_checkpoint();
  write_checkpoint(path, checkpoint);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t weights = H5Dopen2(file, "/parameters/hidden1/weights", H5P_DEFAULT);
  const hid_t space = H5Dget_space(weights);
  hsize_t shape[2] = {0, 0};
  ASSERT_EQ(H5Sget_simple_extent_ndims(space), 2);
  H5Sget_simple_extent_dims(space, shape, nullptr);
  EXPECT_EQ(shape[0], 5U);   // units
  EXPECT_EQ(shape[1], 13U);  // fan-in
  double values[5][13];
  ASSERT_GE(H5Dread(weights, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
  for (int unit = 0; unit < 5; ++unit) {
    for (int input = 0; input < 13; ++input) EXPECT_EQ(values[unit][input], example_weight(unit, input));
  }
  H5Sclose(space);
  H5Dclose(weights);
  H5Fclose(file);
}

TEST(CheckpointFile, FindsEveryChangedByte) {
  const TemporaryDirectory directory;
  const std::string path = directory / "sound.h5";
  write_checkpoint(path, bare_checkpoint());
  const std::string sound = bytes_of_file(path);
  ASSERT_EQ(problem_with(path, sound), "");
  std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
  const auto put = [&file](std::size_t place, char byte) {
    file.seekp(static_cast<std::streamoff>(place));
    file.put(byte).flush();
  };
  for (std::size_t place = 0; place < sound.size(); ++place) {
    put(place, static_cast<char>(sound[place] ^ (1 << (place % 8))));
    EXPECT_NE(problem_with(path), "") << "byte " << place << " of " << sound.size();
    put(place, sound[place]);
  }
  EXPECT_EQ(problem_with(path), "");
}

TEST(CheckpointFile, FindsThousandsOfRandomChanges) {
  const TemporaryDirectory directory;
  const std::string path = directory / "sound.h5";
  write_checkpoint(path, example_checkpoint());
  const std::string sound = bytes_of_file(path);
  std::mt19937_64 random{20240229};
  const auto below = [&random](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (int trial = 0; trial < 5003; ++trial) {
    std::string changed = sound;
    const std::size_t changes = 1 + below(7);
    for (std::size_t change = 0; change < changes; ++change) {
      // Every other change hits the header, which is a small part of the file.
      char& byte = changed[below(change % 2 == 1 ? 512 : changed.size())];
      byte = static_cast<char>(byte ^ static_cast<char>(1 + below(255)));
    }
    if (changed == sound) continue;
    EXPECT_NE(problem_with(path, changed), "") << "trial " << trial;
  }
  EXPECT_EQ(problem_with(path, sound), "");
}

TEST(CheckpointFile, FindsEveryTruncationAndAnyTail) {
  const TemporaryDirectory directory;
  const std::string path = directory / "sound.h5";
  write_checkpoint(path, bare_checkpoint());
  const std::string sound = bytes_of_file(path);
  for (std::size_t length = 0; length < sound.size(); length += 1 + length / 64) {
    EXPECT_NE(problem_with(path, sound.substr(0, length)), "") << length << " bytes";
  }
  EXPECT_NE(problem_with(path, sound + '\0').find("names another number"), std::string::npos);
}

TEST(CheckpointFile, SaysWhatItIsNot) {
  const TemporaryDirectory directory;
  EXPECT_THROW((void)read_checkpoint(directory / "absent.h5"), FileError);
  EXPECT_THROW((void)read_checkpoint(directory.path()), FileError);
  EXPECT_NE(problem_with(directory / "empty.h5", "").find("not a Lockstep checkpoint"), std::string::npos);
  EXPECT_NE(problem_with(directory / "text.h5", std::string(999, 'x')).find("not a Lockstep checkpoint"),
            std::string::npos);
}

TEST(CheckpointFile, LeavesTheOldFileWhenTheNewOneCannotBeWritten) {
  const TemporaryDirectory directory;
  const std::string path = directory / "kept.h5";
  write_checkpoint(path, bare_checkpoint());
  const std::string before = bytes_of_file(path);
  // A directory where the temporary file should be: open fails.
  std::filesystem::create_directory(path + ".lockstep-tmp");
  EXPECT_THROW(write_checkpoint(path, example_checkpoint()), FileError);
  EXPECT_EQ(bytes_of_file(path), before);
}

}  // namespace
}  // namespace lockstep
