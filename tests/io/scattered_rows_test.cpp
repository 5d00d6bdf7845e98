// SPDX-License-Identifier: MIT
// Rows from anywhere in a file, past the page cache and through it.
#include "io/scattered_rows.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "core/error.hpp"
#include "io/page_cache.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {
namespace {

constexpr std::uint64_t offset = 2053;  // no multiple of anything that disks like
constexpr Index rows = 331;             // more than are read at once

std::byte byte_of(Index row, std::size_t place) {
  return static_cast<std::byte>(static_cast<std::size_t>(row) * 31 + place * 7);
}

/// A file that ends with its last row.
void write_rows(const std::string& path, std::size_t row_bytes) {
  std::vector<char> content(offset + static_cast<std::size_t>(rows) * row_bytes);
  for (Index row = 0; row < rows; ++row)
    for (std::size_t place = 0; place < row_bytes; ++place)
      content[offset + static_cast<std::size_t>(row) * row_bytes + place] = static_cast<char>(byte_of(row, place));
  std::ofstream{path, std::ios::binary}.write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// All rows in an order that jumps about, the first one twice.
std::vector<Index> scattered() {
  std::vector<Index> order;
  for (Index k = 0; k <= rows; ++k) order.push_back(k * 127 % rows);
  return order;
}

int wrong_rows(ScatteredRows& source, const std::vector<Index>& wanted, std::size_t row_bytes) {
  std::vector<std::byte> bytes(wanted.size() * row_bytes);
  source.read(wanted, bytes.data());
  int wrong = 0;
  for (std::size_t k = 0; k < wanted.size(); ++k)
    for (std::size_t place = 0; place < row_bytes; ++place)
      if (bytes[k * row_bytes + place] != byte_of(wanted[k], place)) {
        ++wrong;
        break;
      }
  return wrong;
}

/// Row sizes below, about and above a page: some rows lie in one, some in two or more.
class RowSizes : public ::testing::TestWithParam<std::size_t> {};

TEST_P(RowSizes, ComeWholeHoweverTheyAreRead) {
  const TemporaryDirectory directory;
  const std::string path = directory / "rows";
  write_rows(path, GetParam());
  const ScatteredRows::Layout layout{.offset = offset, .row_bytes = GetParam()};
  ScatteredRows through{path, layout, false};
  EXPECT_EQ(wrong_rows(through, scattered(), GetParam()), 0) << "from the page cache";
  drop_from_page_cache(path);
  ScatteredRows past{path, layout};
  EXPECT_EQ(wrong_rows(past, scattered(), GetParam()), 0) << "past the page cache";
  EXPECT_EQ(wrong_rows(past, {rows - 1}, GetParam()), 0) << "the end of the file";
  EXPECT_EQ(wrong_rows(past, {}, GetParam()), 0);
  drop_from_page_cache(path);
  EXPECT_EQ(wrong_rows(through, scattered(), GetParam()), 0) << "through the page cache";
}

INSTANTIATE_TEST_SUITE_P(ScatteredRows, RowSizes, ::testing::Values(1, 13, 784, 4093, 4096, 12289, 40009));

TEST(ScatteredRows, ComeFromFileSystemsInMemoryToo) {
  const std::string folder = "/dev/shm";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "no " << folder;
  const std::string path = folder + "/lockstep-scattered-rows-" + std::to_string(::getpid());
  write_rows(path, 787);
  ScatteredRows source{path, {.offset = offset, .row_bytes = 787}};
  const int wrong = wrong_rows(source, scattered(), 787);
  std::filesystem::remove(path);
  EXPECT_EQ(wrong, 0);
}

TEST(ScatteredRows, SayThatAFileWasShortenedMeanwhile) {
  const TemporaryDirectory directory;
  const std::string path = directory / "rows";
  write_rows(path, 787);
  for (const bool past_page_cache : {false, true}) {
    ScatteredRows source{path, {.offset = offset, .row_bytes = 787}, past_page_cache};
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    drop_from_page_cache(path);
    EXPECT_THROW(wrong_rows(source, {3, rows - 1, 5}, 787), FileError) << past_page_cache;
    EXPECT_EQ(wrong_rows(source, {3, rows - 2, 5}, 787), 0) << past_page_cache;
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
    drop_from_page_cache(path);
    EXPECT_THROW(wrong_rows(source, {rows - 1}, 787), FileError) << past_page_cache;
    EXPECT_EQ(wrong_rows(source, {3, 5}, 787), 0) << past_page_cache;
    write_rows(path, 787);
  }
}

}  // namespace
}  // namespace lockstep
