// SPDX-License-Identifier: MIT
// Rows from anywhere in a file, past the page cache and through it.
#include "io/scattered_rows.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/aio_abi.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "io/file_descriptor.hpp"
#include "io/page_cache.hpp"
#include "support/aio_shim.hpp"
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
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "no /dev/shm";
  const TemporaryDirectory directory{"/dev/shm"};
  const std::string path = directory / "rows";
  write_rows(path, 787);
  ScatteredRows source{path, {.offset = offset, .row_bytes = 787}};
  EXPECT_EQ(wrong_rows(source, scattered(), 787), 0);
}

/// Why this system does not read the file past the page cache, or "".
std::string refusal(const std::string& path) {
  constexpr std::size_t block_bytes = 4096;
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT)};
  if (file.get() < 0) return "O_DIRECT: " + std::generic_category().message(errno);
  alignas(block_bytes) std::byte block[block_bytes];
  if (::pread(file.get(), block, block_bytes, 0) < 0) return "pread: " + std::generic_category().message(errno);
  aio_context_t context = 0;
  if (::syscall(SYS_io_setup, 1, &context) < 0) return "io_setup: " + std::generic_category().message(errno);
  ::syscall(SYS_io_destroy, context);
  return "";
}

constexpr Index marked_rows = 101;

/// Rows of zeros, with their numbers at both ends; the file ends with the last one.
void write_marked_rows(const std::string& path, std::size_t row_bytes) {
  std::ofstream file{path, std::ios::binary};
  for (Index row = 0; row < marked_rows; ++row) {
    const std::size_t begin = offset + static_cast<std::size_t>(row) * row_bytes;
    for (const std::size_t place : {begin, begin + row_bytes - sizeof row}) {
      file.seekp(static_cast<std::streamoff>(place));
      file.write(reinterpret_cast<const char*>(&row), sizeof row);
    }
  }
}

int wrong_marked_rows(ScatteredRows& source, const std::vector<Index>& wanted, std::size_t row_bytes) {
  std::vector<std::byte> bytes(wanted.size() * row_bytes);
  source.read(wanted, bytes.data());
  int wrong = 0;
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    const std::byte* const row = bytes.data() + k * row_bytes;
    const auto marked = [&](std::size_t place) { return std::memcmp(row + place, &wanted[k], sizeof(Index)) == 0; };
    if (!marked(0) || !marked(row_bytes - sizeof(Index))) ++wrong;
  }
  return wrong;
}

class PastThePageCache : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PastThePageCache, RowsComeAndLeaveNothingThere) {
  const TemporaryDirectory directory;
  const std::string path = directory / "rows";
  write_marked_rows(path, GetParam());
  if (const std::string why = refusal(path); !why.empty()) GTEST_SKIP() << why;
  ScatteredRows source{path, {.offset = offset, .row_bytes = GetParam()}};
  drop_from_page_cache(path);
  const double before = share_in_page_cache(path);
  EXPECT_EQ(wrong_marked_rows(source, {marked_rows - 1, 0, 53, 7, 54, marked_rows - 1}, GetParam()), 0);
  EXPECT_TRUE(source.reads_past_page_cache());
  EXPECT_EQ(share_in_page_cache(path), before);
}

// As many as fit into a request, some, and one at a time.
INSTANTIATE_TEST_SUITE_P(ScatteredRows, PastThePageCache,
                         ::testing::Values(787, 200'003, (std::size_t{8} << 20U) + 13));

/// Reads that fail as the shim is told to, of a file that is sound.
class FailingReads : public ::testing::Test {
 protected:
  void SetUp() override {
    write_rows(path_, row_bytes);
    if (const std::string why = refusal(path_); !why.empty()) GTEST_SKIP() << why;
    source_.emplace(path_, ScatteredRows::Layout{.offset = offset, .row_bytes = row_bytes});
  }
  void TearDown() override { test::set_aio_faults({}); }

  [[nodiscard]] int wrong(const std::vector<Index>& wanted) { return wrong_rows(*source_, wanted, row_bytes); }

  static constexpr std::size_t row_bytes = 787;
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "rows";
  std::optional<ScatteredRows> source_;
};

TEST_F(FailingReads, OfWhichNoEndIsToldComeThroughThePageCache) {
  test::set_aio_faults({.wait_error = ENOSYS});
  EXPECT_EQ(wrong(scattered()), 0);
  EXPECT_FALSE(source_->reads_past_page_cache());
  test::set_aio_faults({});
  EXPECT_EQ(wrong({5, 3}), 0);
}

TEST_F(FailingReads, ThatAreRefusedAreNotTriedAgain) {
  test::set_aio_faults({.submit_error = EINVAL});
  EXPECT_EQ(wrong({5, 3}), 0);
  EXPECT_FALSE(source_->reads_past_page_cache());
}

TEST_F(FailingReads, WhoseResultIsARefusalAreNotTriedAgain) {
  test::set_aio_faults({.result_of_all = -EINVAL});
  EXPECT_EQ(wrong(scattered()), 0);
  EXPECT_FALSE(source_->reads_past_page_cache());
}

TEST_F(FailingReads, AreOnlyTheirOwnAffair) {
  for (const int error : {EIO, EAGAIN}) {
    test::set_aio_faults({.result_of_first = -error});
    EXPECT_EQ(wrong({7}), 0);
    EXPECT_EQ(wrong(scattered()), 0);
    test::set_aio_faults({.result_of_all = -error});
    EXPECT_EQ(wrong(scattered()), 0);
    EXPECT_TRUE(source_->reads_past_page_cache()) << std::generic_category().message(error);
  }
}

TEST_F(FailingReads, ThatAShortageKeptFromBeginningMayBeginTheNextTime) {
  test::set_aio_faults({.submit_error = EAGAIN});
  EXPECT_EQ(wrong({5, 3}), 0);
  EXPECT_TRUE(source_->reads_past_page_cache());
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
