// SPDX-License-Identifier: MIT
// IDX files to data sets, and every way in which they can be wrong.
#include "io/idx_import.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>

#include "core/aligned_buffer.hpp"
#include "core/error.hpp"
#include "tests/support/temporary_file.hpp"

namespace lockstep {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>((value >> shift) & 0xFFU);
  return bytes;
}

std::string idx(char type, const std::vector<std::uint32_t>& shape, const std::string& values) {
  std::string text{'\0', '\0', type, static_cast<char>(shape.size())};
  for (const std::uint32_t size : shape) text += big_endian(size);
  return text + values;
}

std::string gzipped(const std::string& text) {
  const TemporaryFile file{"", ".gz"};
  gzFile stream = gzopen(file.path().c_str(), "wb");
  gzwrite(stream, text.data(), static_cast<unsigned>(text.size()));
  gzclose(stream);
  std::ifstream input{file.path(), std::ios::binary};
  return {std::istreambuf_iterator<char>{input}, {}};
}

constexpr char uint8_type = 0x08;

/// Three images of 2 x 3 pixels with values 0 to 17, and their labels 2, 0, 1.
std::string small_images() {
  std::string pixels;
  for (char value = 0; value < 18; ++value) pixels += value;
  return idx(uint8_type, {3, 2, 3}, pixels);
}
std::string small_labels() { return idx(uint8_type, {3}, {2, 0, 1}); }

class IdxImportTest : public testing::Test {
 protected:
  IdxReport import_pair(const std::string& images, const std::string& labels, std::vector<std::string> class_names = {},
                        const std::string& like = "") {
    const TemporaryFile image_file{images};
    const TemporaryFile label_file{labels};
    images_path_ = image_file.path();
    labels_path_ = label_file.path();
    return import_idx(
        {.images = images_path_, .labels = labels_path_, .class_names = std::move(class_names), .like = like},
        {.path = output_.path(), .layout = {}, .replace = false});
  }

  std::string failure(const std::string& images, const std::string& labels, std::vector<std::string> class_names = {},
                      const std::string& like = "") {
    std::string message = "no failure";
    try {
      import_pair(images, labels, std::move(class_names), like);
    } catch (const RequestError& error) {
      message = error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(output_.path())) << "something was written";
    for (const auto& [path, name] : {std::pair{images_path_, "IMAGES"}, std::pair{labels_path_, "LABELS"}}) {
      for (std::size_t at = message.find(path); at != std::string::npos; at = message.find(path)) {
        message.replace(at, path.size(), name);
      }
    }
    return message;
  }

  TemporaryFile output_;
  std::string images_path_;
  std::string labels_path_;
};

TEST_F(IdxImportTest, ImagesKeepShapeBytesAndLabels) {
  for (const bool compressed : {false, true}) {
    std::filesystem::remove(output_.path());
    import_pair(compressed ? gzipped(small_images()) : small_images(),
                compressed ? gzipped(small_labels()) : small_labels());
    const auto data = open_dataset(output_.path());
    EXPECT_EQ(data->info().samples, 3);
    EXPECT_EQ(data->info().classes, 3);
    EXPECT_EQ(data->info().feature_shape, (std::vector<Index>{2, 3}));
    EXPECT_TRUE(data->info().byte_features);
    std::vector<Label> labels(3);
    data->gather_labels(std::vector<Index>{0, 1, 2}, labels);
    EXPECT_EQ(labels, (std::vector<Label>{2, 0, 1}));
    AlignedBuffer buffer{panel_scalars(6, 1)};
    data->gather_features(std::vector<Index>{1}, {}, Panel{buffer.data(), 6, 1, padded(6)});
    const double unit = static_cast<double>(buffer.data()[0]) / 6;  // bytes may be scaled on the way, but all alike
    for (Index i = 0; i < 6; ++i)
      EXPECT_NEAR(static_cast<double>(buffer.data()[i]), unit * static_cast<double>(6 + i), 1e-6);
  }
}

TEST_F(IdxImportTest, OtherTypesBecomeFloats) {
  const std::string halves = idx(
      0x0D, {2, 2},
      big_endian(0x3F000000) + big_endian(0xC0200000) + big_endian(0) + big_endian(0x41200000));  // 0.5, -2.5, 0, 10
  import_pair(halves, idx(0x0C, {2}, big_endian(1) + big_endian(0)));
  const auto data = open_dataset(output_.path());
  EXPECT_FALSE(data->info().byte_features);
  AlignedBuffer buffer{panel_scalars(2, 2)};
  const Panel panel{buffer.data(), 2, 2, padded(2)};
  data->gather_features(std::vector<Index>{0, 1}, {}, panel);
  EXPECT_EQ(panel.column(0)[0], Scalar(0.5));
  EXPECT_EQ(panel.column(0)[1], Scalar(-2.5));
  EXPECT_EQ(panel.column(1)[1], Scalar(10));
}

TEST_F(IdxImportTest, ClassNamesAreKept) {
  import_pair(small_images(), small_labels(), {"a", "b", "c", "d"});
  EXPECT_EQ(open_dataset(output_.path())->info().class_names, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(open_dataset(output_.path())->info().classes, 4);
}

TEST_F(IdxImportTest, WarnsOfClassesWithoutSamples) {
  EXPECT_TRUE(import_pair(small_images(), small_labels()).warnings.empty());
  std::filesystem::remove(output_.path());
  const std::string stray = idx(0x0C, {3}, big_endian(0) + big_endian(60000) + big_endian(1));
  const IdxReport report = import_pair(small_images(), stray);
  EXPECT_EQ(report.info.classes, 60001);
  EXPECT_EQ(report.warnings,
            std::vector<std::string>{labels_path_ + ": 59998 of 60001 classes have no samples (2, 3, 4, "
                                                    "5, 6 and 59993 more); is the largest label, 60000 of sample 2, "
                                                    "a stray one?"});
  std::filesystem::remove(output_.path());
  const IdxReport named = import_pair(small_images(), small_labels(), {"a", "b", "c", "d"});
  EXPECT_EQ(named.warnings,
            std::vector<std::string>{labels_path_ + ": 1 of 4 classes has no samples ('d'); do the names "
                                                    "fit the labels?"});
}

TEST_F(IdxImportTest, TooFewClassNamesAreAnError) {
  EXPECT_EQ(failure(small_images(), small_labels(), {"a", "b"}),
            "2 class names for 3 classes; name every class, in the order of the labels");
}

TEST_F(IdxImportTest, ASetLikeAnotherHasItsClasses) {
  const TemporaryFile train;
  import_pair(small_images(), small_labels(), {"a", "b", "c"});
  std::filesystem::rename(output_.path(), train.path());
  import_pair(small_images(), idx(uint8_type, {3}, {0, 0, 1}), {}, train.path());
  EXPECT_EQ(open_dataset(output_.path())->info().class_names, (std::vector<std::string>{"a", "b", "c"}));
  std::filesystem::remove(output_.path());
  EXPECT_EQ(failure(small_images(), idx(uint8_type, {3}, {0, 7, 1}), {}, train.path()),
            "LABELS: sample 2 is of class 7, and " + train.path() + " has the classes 0 to 2");
  EXPECT_EQ(failure(idx(uint8_type, {1, 2}, {0, 1}), idx(uint8_type, {1}, {1}), {}, train.path()),
            "IMAGES has 2 byte features a sample, " + train.path() + " has 6 byte");
}

TEST_F(IdxImportTest, FilesThatAreNotIdxAreNamedWithTheirFirstBytes) {
  EXPECT_EQ(
      failure("a,b\n1,2\n", small_labels()),
      "IMAGES: is not an IDX file (it begins with 61 2c 62 0a, not with 0, 0, a type from 08 to 0e, and the number of "
      "dimensions); for a table of text the order is: data import TABLE.csv OUT.h5 --target COLUMN");
  EXPECT_EQ(failure("", small_labels()), "IMAGES: is empty");
  EXPECT_EQ(failure(small_images(), ""), "LABELS: is empty");
}

TEST_F(IdxImportTest, MissingFilesAreNamed) {
  EXPECT_THROW(import_idx({.images = "/nonexistent/x", .labels = "/nonexistent/y", .class_names = {}, .like = {}},
                          {.path = output_.path(), .layout = {}, .replace = false}),
               FileError);
}

TEST_F(IdxImportTest, ShortAndLongFilesAreErrors) {
  const std::string images = small_images();
  EXPECT_EQ(failure(images.substr(0, images.size() - 5), small_labels()),
            "IMAGES: ends after 13 of its 3 x 2 x 3 values (18 x 1 bytes); fetch or copy it again");
  EXPECT_EQ(failure(images + "x", small_labels()),
            "IMAGES: goes on after its 18 values (3 x 2 x 3); its header or its data are damaged");
  EXPECT_EQ(failure(images.substr(0, 10), small_labels()), "IMAGES: ends inside its header; fetch it again");
}

TEST_F(IdxImportTest, DamagedCompressionIsAnError) {
  std::string noise;
  for (int i = 0; i < 6000; ++i) noise += static_cast<char>((i * i * 7 + i / 3) & 0xFF);
  const std::string packed = gzipped(idx(uint8_type, {1000, 2, 3}, noise));
  const std::string labels = idx(uint8_type, {1000}, std::string(1000, '\1'));
  EXPECT_EQ(failure(packed.substr(0, packed.size() / 2), labels),
            "IMAGES: the compressed data end too soon; fetch or copy the file again");
  std::string flipped = packed;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x55);
  EXPECT_NE(failure(flipped, labels), "no failure");
}

TEST_F(IdxImportTest, SwappedFilesAreRecognised) {
  EXPECT_EQ(failure(small_labels(), small_images()), "IMAGES holds labels and LABELS images; name the images first");
}

TEST_F(IdxImportTest, DifferentNumbersOfSamplesAreAnError) {
  EXPECT_EQ(failure(small_images(), idx(uint8_type, {2}, {0, 1})),
            "IMAGES has 3 samples and LABELS has 2 labels; are they of the same set?");
  EXPECT_EQ(failure(small_images(), small_images()),
            "LABELS: is no file of labels: it has 3 dimensions (3 x 2 x 3), not one");
}

TEST_F(IdxImportTest, NegativeLabelsAndNumbersThatAreNoneAreNamed) {
  EXPECT_EQ(failure(small_images(), idx(0x09, {3}, {1, -1, 0})),
            "LABELS: label -1 of sample 2 is not a class; classes are whole numbers from 0 to 99999");
  EXPECT_EQ(failure(idx(0x0D, {2, 2}, big_endian(0) + big_endian(0) + big_endian(0) + big_endian(0x7FC00000)),
                    idx(uint8_type, {2}, {0, 1})),
            "IMAGES: sample 2, value 2: nan is not a number that a float can hold");
}

TEST_F(IdxImportTest, ImpossibleSizesAreErrors) {
  EXPECT_EQ(failure(idx(uint8_type, {3, 0xFFFFFFFF, 0xFFFFFFFF}, ""), small_labels()),
            "IMAGES: announces 3 x 4294967295 values: more than can be meant; its header is damaged");
  EXPECT_EQ(failure(idx(uint8_type, {3, 0, 3}, ""), small_labels()),
            "IMAGES: holds no values: one of its dimensions is 0");
}

}  // namespace
}  // namespace lockstep
