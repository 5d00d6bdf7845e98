// SPDX-License-Identifier: MIT
// Windows of blocks: what is read together, and that everybody gets the rows they asked for.
#include "io/feature_rows.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <numeric>
#include <thread>

#include "io/file_descriptor.hpp"
#include "io/page_cache.hpp"
#include "io/scattered_rows.hpp"
#include "tests/io/raw_hdf5.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {
namespace {

constexpr Index rows = 1013;
constexpr Index features = 67;
constexpr Index row_bytes = features * 4;

/// Number f of row r is 100 r + f, in chunks of `chunk` rows, or in one piece for 0.
void write_rows(const std::string& path, hsize_t chunk, hid_t type = H5T_IEEE_F32LE) {
  std::vector<float> values(rows * features);
  for (Index r = 0; r < rows; ++r) {
    for (Index f = 0; f < features; ++f) {
      values[static_cast<std::size_t>(r * features + f)] = static_cast<float>(100 * r + f);
    }
  }
  const RawHdf5File file{path};
  file.array("features", {rows, features}, type, H5T_NATIVE_FLOAT, values.data(),
             chunk == 0 ? std::vector<hsize_t>{} : std::vector<hsize_t>{chunk, features});
}

std::unique_ptr<FeatureRows> open_rows(const std::string& path, Index window_bytes, double memory_bytes = 1e12) {
  Hdf5File file = Hdf5File::open(path, "make it");
  Hdf5Array array = Hdf5Array::open(file, "/features");
  return open_feature_rows(std::move(file), std::move(array), window_bytes, memory_bytes);
}

template <class Stored>
double number(const std::byte* stored, Index feature) {
  Stored value;
  std::memcpy(&value, stored + static_cast<std::size_t>(feature) * sizeof(Stored), sizeof(Stored));
  return static_cast<double>(value);
}

/// How many of these rows are not what was written.
int wrong_rows(const FeatureRows& source, const std::vector<Index>& wanted) {
  int wrong = 0;
  std::size_t visited = 0;
  source.visit(wanted, [&](std::size_t k, StoredSample stored) {
    if (k != visited++) ++wrong;
    const auto first = [&](const std::byte* numbers) {
      return source.element() == Element::float32 ? number<float>(numbers, 0) : number<double>(numbers, 0);
    };
    const auto soon = std::find_if(wanted.begin() + static_cast<std::ptrdiff_t>(k), wanted.end(),
                                   [&](Index row) { return first(stored.next) == static_cast<double>(100 * row); });
    if (soon == wanted.end()) ++wrong;
    for (const Index f : {Index{0}, features - 1}) {
      const double value =
          source.element() == Element::float32 ? number<float>(stored.numbers, f) : number<double>(stored.numbers, f);
      if (value != static_cast<double>(100 * wanted[k] + f)) ++wrong;
    }
  });
  return visited == wanted.size() ? wrong : -1;
}

/// All rows in an order that jumps about.
std::vector<Index> scattered() {
  std::vector<Index> order;
  for (Index r = 0; r < rows; ++r) order.push_back(r * 389 % rows);
  return order;
}

TEST(FeatureRows, ContiguousFloatsAreMappedAndReadInAnyOrder) {
  const TemporaryDirectory directory;
  write_rows(directory / "data.h5", 0);
  const auto source = open_rows(directory / "data.h5", 1);
  EXPECT_EQ(source->read_pattern(), ReadPattern{});
  EXPECT_EQ(source->element(), Element::float32);
  EXPECT_EQ(wrong_rows(*source, scattered()), 0);
}

TEST(FeatureRows, ContiguousFloatsThatMemoryDoesNotHoldComeInAnyOrder) {
  const TemporaryDirectory directory;
  write_rows(directory / "data.h5", 0);
  constexpr double bytes = static_cast<double>(rows * row_bytes);
  for (const double memory_bytes : {bytes, bytes / 4}) {
    drop_from_page_cache(directory / "data.h5");
    const auto source = open_rows(directory / "data.h5", 100 * row_bytes, memory_bytes);
    EXPECT_EQ(source->read_pattern(), (ReadPattern{1, 1}));
    EXPECT_EQ(source->element(), Element::float32);
    source->prefetch(std::vector<Index>{11, 7, 11, rows - 1});
    EXPECT_EQ(wrong_rows(*source, {7, rows - 1, 11, 7, 500}), 0);
    EXPECT_EQ(wrong_rows(*source, scattered()), 0);
    (void)read_sequentially(directory / "data.h5");
    source->prefetch(std::vector<Index>{3});
    EXPECT_EQ(wrong_rows(*source, scattered()), 0) << "when all is in the page cache";
  }
}

/// Reads these rows, and no neighbours, into the page cache.
void bring_into_page_cache(const std::string& path, std::uint64_t offset, const std::vector<Index>& wanted) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  ASSERT_EQ(::posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM), 0);
  std::vector<std::byte> row(row_bytes);
  for (const Index index : wanted)
    ASSERT_EQ(::pread(file.get(), row.data(), row.size(), static_cast<off_t>(offset) + index * row_bytes), row_bytes);
}

TEST(FeatureRows, AFewRowsInThePageCacheDoNotSpeakForAll) {
  const TemporaryDirectory directory;
  const std::string path = directory / "data.h5";
  write_rows(path, 0);
  const std::uint64_t offset = Hdf5Array::open(Hdf5File::open(path, "make it"), "/features").file_offset().value();
  drop_from_page_cache(path);
  if (share_in_page_cache(path) > 0) GTEST_SKIP() << "the file system keeps everything in memory";
  if (!ScatteredRows{path, {.offset = offset, .row_bytes = row_bytes}}.reads_past_page_cache())
    GTEST_SKIP() << "rows are not read past the page cache here";
  const auto source = open_rows(path, 4 * rows * row_bytes, 1000);
  drop_from_page_cache(path);
  const std::vector<Index> order = scattered();
  bring_into_page_cache(path, offset, {order[0], order[(rows - 1) / 3], order[2 * (rows - 1) / 3], order[rows - 1]});
  const double before = share_in_page_cache(path);
  EXPECT_LT(before, 0.5);
  source->prefetch(order);
  EXPECT_EQ(wrong_rows(*source, order), 0);
  EXPECT_EQ(share_in_page_cache(path), before) << "rows were read through the page cache";
}

TEST(FeatureRows, WindowsHoldWholeChunks) {
  const TemporaryDirectory directory;
  // 997 rows of 268 bytes are one block, for they exceed the smallest block; 7 of 1001 small ones are read together.
  write_rows(directory / "large.h5", 997);
  EXPECT_EQ(open_rows(directory / "large.h5", 3 * 997 * row_bytes - 1)->read_pattern(), ReadPattern{});
  EXPECT_EQ(open_rows(directory / "large.h5", 997 * row_bytes)->read_pattern(), (ReadPattern{997, 1}));
  EXPECT_EQ(open_rows(directory / "large.h5", 1)->read_pattern(), (ReadPattern{997, 1}));
  write_rows(directory / "small.h5", 7);
  const Index block = (Index{1} << 18U) / (7 * row_bytes) * 7;
  EXPECT_EQ(open_rows(directory / "small.h5", block * row_bytes)->read_pattern(), (ReadPattern{block, 1}));
}

TEST(FeatureRows, GivesEveryRowThroughASmallWindow) {
  const TemporaryDirectory directory;
  for (const hsize_t chunk : {7U, 100U, 512U, 1013U}) {
    const std::string path = directory / ("chunks-" + std::to_string(chunk) + ".h5");
    write_rows(path, chunk);
    const auto source = open_rows(path, 1);
    const std::vector<Index> order = scattered();
    source->prefetch(order);
    EXPECT_EQ(wrong_rows(*source, order), 0) << "chunks of " << chunk;
  }
}

TEST(FeatureRows, ContiguousNumbersOfOtherTypesAreConvertedByWindow) {
  const TemporaryDirectory directory;
  write_rows(directory / "data.h5", 0, H5T_STD_I64BE);
  const auto source = open_rows(directory / "data.h5", 1);
  EXPECT_EQ(source->element(), scalar_element);
  EXPECT_GT(source->read_pattern().block, 1);
  EXPECT_EQ(wrong_rows(*source, scattered()), 0);
}

TEST(FeatureRows, ServesManyThreads) {
  const TemporaryDirectory directory;
  write_rows(directory / "chunks.h5", 100);
  write_rows(directory / "far.h5", 0);
  drop_from_page_cache(directory / "far.h5");
  std::atomic<int> wrong = 0;
  for (const char* name : {"chunks.h5", "far.h5"}) {
    const auto source = open_rows(directory / name, 29 * row_bytes, 1000);
    std::vector<std::thread> threads;
    for (Index thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&source, &wrong, thread] {
        for (Index round = 0; round < 20; ++round) {
          std::vector<Index> wanted;
          for (Index k = 0; k < 13; ++k) wanted.push_back((thread * 251 + round * 17 + k * 97) % rows);
          source->prefetch(wanted);
          wrong += wrong_rows(*source, wanted);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, 0) << name;
  }
}

}  // namespace
}  // namespace lockstep
