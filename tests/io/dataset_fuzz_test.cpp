// SPDX-License-Identifier: MIT
// Damaged data sets: they throw or read, they never crash.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "core/error.hpp"
#include "core/random.hpp"
#include "io/dataset_file.hpp"
#include "tests/io/raw_hdf5.hpp"
#include "tests/support/panel_buffer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {
namespace {

std::string bytes_of_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Opens and reads all; true when that worked. Any exception but ours fails the test.
bool reads(const std::string& path) {
  try {
    const std::unique_ptr<Dataset> data = open_dataset(path);
    std::vector<Index> rows(static_cast<std::size_t>(data->info().samples));
    std::iota(rows.begin(), rows.end(), Index{0});
    PanelBuffer columns{data->info().features, data->info().samples};
    data->gather_features(rows, {}, columns.panel());
    return true;
  } catch (const RequestError&) {
    return false;
  }
}

constexpr int rounds = 400;

/// Flips a bit or replaces a byte, one place a round, and now and then cuts the file short.
void damage(const std::string& path, std::uint64_t seed) {
  const std::string sound = bytes_of_file(path);
  ASSERT_TRUE(reads(path));
  const StreamKey key = stream_key(seed, Purpose::synthetic);
  std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
  const auto put = [&file](std::size_t place, unsigned byte) {
    file.seekp(static_cast<std::streamoff>(place));
    file.put(static_cast<char>(byte)).flush();
  };
  int unreadable = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto words = random_words(key, static_cast<std::uint64_t>(round));
    const std::size_t place = words[0] % sound.size();
    const auto byte = static_cast<unsigned char>(sound[place]);
    put(place, words[1] % 2 == 0 ? byte ^ (1U << (words[2] % 8)) : words[2]);
    if (!reads(path)) ++unreadable;
    put(place, byte);
    if (round % 8 != 0) continue;
    const std::size_t length = words[3] % sound.size();
    std::ofstream{path + ".cut", std::ios::binary}.write(sound.data(), static_cast<std::streamsize>(length));
    EXPECT_FALSE(reads(path + ".cut")) << "cut after " << length << " of " << sound.size() << " bytes";
  }
  EXPECT_GT(unreadable, 0);
  EXPECT_TRUE(reads(path));
}

TEST(DatasetFuzz, OurFiles) {
  const TemporaryDirectory directory;
  for (const DatasetLayout layout : {DatasetLayout{}, DatasetLayout{.chunk_samples = 3, .gzip = 4}}) {
    const std::string path = directory / (layout.gzip > 0 ? "gzip.h5" : "plain.h5");
    DatasetInfo info;
    info.features = 5;
    info.classes = 3;
    info.class_names = {"a", "b", "c"};
    info.byte_features = true;
    DatasetWriter writer{path, info, layout};
    writer.append_bytes(std::vector<std::uint8_t>(35, 7));
    writer.append_labels(std::vector<Label>{0, 1, 2, 0, 1, 2, 0});
    writer.close();
    damage(path, 17);
  }
}

TEST(DatasetFuzz, FilesOfTheOldestFormat) {
  const TemporaryDirectory directory;
  const std::vector<float> values(35, 0.5F);
  for (const bool chunked : {false, true}) {
    const std::string path = directory / (chunked ? "chunked.h5" : "plain.h5");
    {
      const RawHdf5File file{path};
      file.array("features", {7, 5}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data(),
                 chunked ? std::vector<hsize_t>{3, 5} : std::vector<hsize_t>{});
      file.array("targets", {7}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data());
      file.integers("feature_shape", {5});
      if (chunked) file.texts("feature_names", {"a", "b", "c", "d", "e"});
    }
    damage(path, 19);
  }
}

}  // namespace
}  // namespace lockstep
