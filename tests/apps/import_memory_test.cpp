// SPDX-License-Identifier: MIT
// lockstep data import takes files far larger than the memory that it may use.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "support/command.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep::test {
namespace {

namespace fs = std::filesystem;

constexpr int small_rows = 200'000;
constexpr int times_larger = 20;
constexpr rlim_t mebibyte = rlim_t{1} << 20U;

/// Rows of a number, a category and a class, with holes.
void write_table(const std::string& path, int rows) {
  constexpr int block_rows = 997;
  std::string block;
  for (int row = 0; row < block_rows; ++row) {
    const std::string number = row % 17 == 0 ? "?" : fmt::format("{}.{}", row % 101, row * 7919 % 10007);
    const char* kind = row % 13 == 0 ? "NA" : row % 3 == 0 ? "red" : "green";
    block += fmt::format("{},{},{}\n", number, kind, row % 7);
  }
  std::ofstream file{path, std::ios::binary};
  file << "a,kind,y\n";
  for (int row = 0; row < rows; row += block_rows) file << block;
}

void put_header(gzFile file, unsigned type, std::initializer_list<unsigned> shape) {
  gzputc(file, 0);
  gzputc(file, 0);
  gzputc(file, static_cast<int>(type));
  gzputc(file, static_cast<int>(shape.size()));
  for (const unsigned size : shape)
    for (const unsigned shift : {24U, 16U, 8U, 0U}) gzputc(file, static_cast<int>((size >> shift) & 0xFFU));
}

/// Compressed images of three bytes, and their labels.
void write_idx(const std::string& images, const std::string& labels, unsigned samples) {
  gzFile image_file = gzopen(images.c_str(), "wb1");
  gzFile label_file = gzopen(labels.c_str(), "wb1");
  put_header(image_file, 0x08, {samples, 3});
  put_header(label_file, 0x08, {samples});
  std::string pixels(3000, 'a');
  std::string classes(1000, '\1');
  for (std::size_t i = 0; i < classes.size(); i += 7) classes[i] = '\0';
  for (unsigned sample = 0; sample < samples; sample += 1000) {
    gzwrite(image_file, pixels.data(), static_cast<unsigned>(pixels.size()));
    gzwrite(label_file, classes.data(), static_cast<unsigned>(classes.size()));
  }
  gzclose(image_file);
  gzclose(label_file);
}

bool has_sanitizer() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
  return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
  return false;
#endif
}

class ImportMemory : public testing::Test {
 protected:
  void SetUp() override {
    if (has_sanitizer()) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  }

  [[nodiscard]] CommandResult import_within(rlim_t data_bytes, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"data", "import"});
    fs::remove(out_);
    return run_lockstep(std::move(arguments), {.data_bytes = data_bytes});
  }

  /// The least memory, in steps of a MiB, that an import runs in.
  [[nodiscard]] rlim_t least_memory(const std::vector<std::string>& arguments) const {
    rlim_t bytes = 4 * mebibyte;
    while (import_within(bytes, arguments).status != 0 && bytes < 512 * mebibyte) bytes += mebibyte;
    return bytes;
  }

  TemporaryDirectory directory_;
  std::string out_ = directory_ / "out.h5";
};

TEST_F(ImportMemory, DoesNotGrowWithTheRowsOfATable) {
  const std::string small = directory_ / "small.csv";
  const std::string large = directory_ / "large.csv";
  write_table(small, small_rows);
  write_table(large, times_larger * small_rows);
  const auto arguments = [&](const std::string& table) {
    return std::vector<std::string>{table, out_, "--target", "y", "--missing", "fill"};
  };
  const rlim_t allowance = least_memory(arguments(small)) + 4 * mebibyte;
  ASSERT_GT(fs::file_size(large), 2 * allowance) << "make the table larger";
  const CommandResult result = import_within(allowance, arguments(large));
  EXPECT_EQ(result.status, 0) << result.err << "within " << allowance << " bytes";
  EXPECT_NE(result.out.find("filled "), std::string::npos) << result.out;
}

TEST_F(ImportMemory, DoesNotGrowWithTheSamplesOfIdxFiles) {
  const auto files = [&](const std::string& name, int samples) {
    const std::string images = directory_ / (name + "-images.gz");
    const std::string labels = directory_ / (name + "-labels.gz");
    write_idx(images, labels, static_cast<unsigned>(samples));
    return std::vector<std::string>{images, labels, out_};
  };
  const rlim_t allowance = least_memory(files("small", small_rows)) + 4 * mebibyte;
  const CommandResult result = import_within(allowance, files("large", times_larger * small_rows));
  EXPECT_EQ(result.status, 0) << result.err << "within " << allowance << " bytes";
}

}  // namespace
}  // namespace lockstep::test
