// SPDX-License-Identifier: MIT
// Durable writes against a disk that fills: a limit on file sizes stands for it.
#include "io/durable_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/error.hpp"
#include "io/dataset_file.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {
namespace {

std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t files_in(const std::string& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{directory}, std::filesystem::directory_iterator{}));
}

TEST(DurableFile, WritesAllPartsAndReplaces) {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  write_file_durably(path, std::array<std::string_view, 3>{"one ", "", "two"});
  EXPECT_EQ(content(path), "one two");
  write_file_durably(path, std::array<std::string_view, 1>{"three"});
  EXPECT_EQ(content(path), "three");
  EXPECT_EQ(files_in(directory.path()), 1U);
}

TEST(DurableFile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const TemporaryDirectory directory;
  const std::string path = directory / "file";
  write_file_durably(path, std::array<std::string_view, 1>{"old"});
  const std::string large(5000, 'x');
  std::string problem;
  {
    const FileSizeLimit limit{4099};
    try {
      write_file_durably(path, std::array<std::string_view, 2>{"first", large});
    } catch (const FileError& error) {
      problem = error.what();
    }
  }
  EXPECT_NE(problem.find("cannot write the file"), std::string::npos) << problem;
  EXPECT_NE(problem.find("raise the limit on the size of files"), std::string::npos) << problem;
  EXPECT_EQ(content(path), "old");
  EXPECT_EQ(files_in(directory.path()), 1U);
}

TEST(DurableFile, ADirectoryThatIsNotThereIsNamed) {
  const TemporaryDirectory directory;
  EXPECT_THROW(write_file_durably(directory / "no/file", std::array<std::string_view, 1>{"x"}), FileError);
  EXPECT_THROW(publish_file(directory / "never-written"), FileError);
}

TEST(DurableFile, MakesAllDirectoriesOfAPath) {
  const TemporaryDirectory directory;
  make_directories_durably(directory / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(directory / "a/b/c"));
  make_directories_durably(directory / "a/b/c");
  make_directories_durably(directory / "a/d/");
  EXPECT_TRUE(std::filesystem::is_directory(directory / "a/d"));
  std::ofstream{directory / "file"} << "in the way";
  EXPECT_THROW(make_directories_durably(directory / "file/below"), FileError);
  EXPECT_THROW(make_directories_durably(directory / "file"), FileError);
}

TEST(DurableFile, AFileIsNotRenamedOverADirectory) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "taken");
  EXPECT_THROW(write_file_durably(directory / "taken", std::array<std::string_view, 1>{"x"}), FileError);
  EXPECT_EQ(files_in(directory.path()), 1U);
}

/// HDF5 can neither write nor close such a file; it must not take the process down, nor the next file.
TEST(DurableFile, ADiskThatFillsUnderADataSetIsSurvived) {
  const TemporaryDirectory directory;
  DatasetInfo info;
  info.features = 1009;
  info.classes = 2;
  info.byte_features = true;
  const auto write = [&](const std::string& name, DatasetLayout layout, Index announced) {
    info.samples = announced;
    DatasetWriter writer{directory / name, info, layout};
    std::vector<std::uint8_t> sample(1009);
    for (Index s = 0; s < 2003; ++s) {
      for (std::size_t f = 0; f < sample.size(); ++f)
        sample[f] = static_cast<std::uint8_t>(s * 31 + static_cast<Index>(f * f));
      writer.append_bytes(sample);
      writer.append_labels(std::vector<Label>{static_cast<Label>(s % 2)});
    }
    writer.close();
  };
  for (const rlim_t bytes : {rlim_t{50}, rlim_t{1500000}, rlim_t{2021100}}) {
    const FileSizeLimit limit{bytes};
    EXPECT_THROW(write("announced.h5", {}, 2003), FileError) << bytes;
    EXPECT_THROW(write("spooled.h5", {}, 0), FileError) << bytes;
    EXPECT_THROW(write("chunked.h5", {.chunk_samples = 100}, 0), FileError) << bytes;
    EXPECT_EQ(files_in(directory.path()), 0U) << bytes;
  }
  write("sound.h5", {}, 2003);
  EXPECT_EQ(open_dataset(directory / "sound.h5")->info().samples, 2003);
}

}  // namespace
}  // namespace lockstep
