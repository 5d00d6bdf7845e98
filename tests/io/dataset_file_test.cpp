// SPDX-License-Identifier: MIT
// Data sets, written and read: every layout gives the same samples.
#include "io/dataset_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>

#include "core/error.hpp"
#include "tests/io/raw_hdf5.hpp"
#include "tests/support/panel_buffer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {
namespace {

constexpr Index samples = 37;
constexpr Index features = 13;

/// Sample s, feature f: a byte that tells both apart.
std::vector<std::uint8_t> byte_samples() {
  std::vector<std::uint8_t> bytes;
  for (Index s = 0; s < samples; ++s) {
    for (Index f = 0; f < features; ++f) bytes.push_back(static_cast<std::uint8_t>((7 * s + 19 * f) % 256));
  }
  return bytes;
}

std::vector<float> float_samples() {
  std::vector<float> values;
  for (Index s = 0; s < samples; ++s) {
    for (Index f = 0; f < features; ++f) values.push_back(static_cast<float>(s) - 0.25F * static_cast<float>(f));
  }
  return values;
}

std::vector<Label> labels() {
  std::vector<Label> values(static_cast<std::size_t>(samples));
  for (std::size_t s = 0; s < values.size(); ++s) values[s] = static_cast<Label>(s * s % 5);
  return values;
}

DatasetInfo byte_info(Index announced) {
  DatasetInfo info;
  info.task = Task::classification;
  info.samples = announced;
  info.features = features;
  info.classes = 5;
  info.class_names = {"T-shirt", "trousers", "pull-over", "Kleid \xC3\xBC", "e"};
  info.feature_shape = {1, 13};
  info.byte_features = true;
  return info;
}

void write_bytes(const std::string& path, DatasetLayout layout, Index announced) {
  DatasetWriter writer{path, byte_info(announced), layout};
  const std::vector<std::uint8_t> bytes = byte_samples();
  const std::span<const std::uint8_t> all{bytes};
  writer.append_bytes(all.first(11 * features));
  writer.append_labels(labels());
  writer.append_bytes(all.subspan(11 * features));
  writer.close();
}

struct Form {
  const char* name;
  DatasetLayout layout;
  Index announced;
};

class EveryLayout : public testing::TestWithParam<Form> {};

TEST_P(EveryLayout, GivesBackBytesAndLabels) {
  const TemporaryDirectory directory;
  const std::string path = directory / "bytes.h5";
  write_bytes(path, GetParam().layout, GetParam().announced);
  const std::unique_ptr<Dataset> data = open_dataset(path);
  EXPECT_EQ(data->info().samples, samples);
  EXPECT_EQ(data->info().features, features);
  EXPECT_EQ(data->info().classes, 5);
  EXPECT_EQ(data->info().class_names, byte_info(0).class_names);
  EXPECT_EQ(data->info().feature_shape, (std::vector<Index>{1, 13}));
  EXPECT_TRUE(data->info().byte_features);

  const std::vector<Index> rows{36, 0, 17, 17, 5};
  PanelBuffer columns{features, 5};
  const AffineTransform bytes_to_unit{std::vector<Scalar>(features, 0), std::vector<Scalar>(features, Scalar{1} / 255)};
  data->gather_features(rows, bytes_to_unit, columns.panel());
  std::vector<Label> found(rows.size());
  data->gather_labels(rows, found);
  const std::vector<std::uint8_t> stored = byte_samples();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (Index f = 0; f < features; ++f) {
      const auto byte = static_cast<Scalar>(stored[static_cast<std::size_t>(rows[k] * features + f)]);
      EXPECT_EQ(columns.panel().column(static_cast<Index>(k))[f], byte * (Scalar{1} / 255)) << "row " << rows[k];
    }
    for (Index f = features; f < columns.panel().stride; ++f)
      EXPECT_EQ(columns.panel().column(static_cast<Index>(k))[f], 0);
    EXPECT_EQ(found[k], labels()[static_cast<std::size_t>(rows[k])]);
  }
}

INSTANTIATE_TEST_SUITE_P(DatasetFile, EveryLayout,
                         testing::Values(Form{"ContiguousAnnounced", {}, samples}, Form{"ContiguousSpooled", {}, 0},
                                         Form{"Chunked", {.chunk_samples = 5}, samples},
                                         Form{"OneChunk", {.chunk_samples = 64}, 0},
                                         Form{"Gzip", {.chunk_samples = 7, .gzip = 6}, 0}),
                         [](const auto& form) { return form.param.name; });

TEST(DatasetFile, GivesBackFloatsAndSeveralTargets) {
  const TemporaryDirectory directory;
  const std::string path = directory / "floats.h5";
  DatasetInfo info;
  info.task = Task::regression;
  info.features = features;
  info.targets = 3;
  info.target_names = {"x", "y", "z"};
  DatasetWriter writer{path, info, {}, false, {{"schema", "a,b,c"}, {"empty", ""}}};
  writer.append_floats(float_samples());
  std::vector<float> values(samples * 3);
  std::iota(values.begin(), values.end(), -50.5F);
  writer.append_values(values);
  writer.close();

  const std::unique_ptr<Dataset> data = open_dataset(path);
  EXPECT_EQ(data->info().task, Task::regression);
  EXPECT_EQ(data->info().targets, 3);
  EXPECT_EQ(data->info().target_names, info.target_names);
  EXPECT_EQ(extra_attribute(path, "schema"), "a,b,c");
  EXPECT_EQ(extra_attribute(path, "empty"), "");
  EXPECT_EQ(extra_attribute(path, "nothing"), "");
  const std::vector<Index> rows{30, 2};
  PanelBuffer columns{features, 2};
  PanelBuffer targets{3, 2};
  data->gather_features(rows, {}, columns.panel());
  data->gather_values(rows, {{1, 2, 3}, {2, 2, 2}}, targets.panel());
  EXPECT_EQ(columns.panel().column(0)[4], Scalar{29});
  EXPECT_EQ(columns.panel().column(1)[12], Scalar{-1});
  EXPECT_EQ(targets.panel().column(0)[1], (Scalar(-50.5) + 91 - 2) * 2);
  EXPECT_EQ(targets.panel().column(1)[2], (Scalar(-50.5) + 8 - 3) * 2);
  EXPECT_EQ(targets.panel().column(1)[3], 0);
}

TEST(DatasetFile, StoresSamplesAsRowsForAnyHdf5Reader) {
  const TemporaryDirectory directory;
  for (const DatasetLayout layout : {DatasetLayout{}, DatasetLayout{.chunk_samples = 7, .gzip = 1}}) {
    const std::string path = directory / (layout.gzip > 0 ? "gzip.h5" : "plain.h5");
    write_bytes(path, layout, 0);
    const RawArray stored = read_raw(path, "/features");
    ASSERT_EQ(stored.shape, (std::vector<hsize_t>{samples, features}));
    for (Index s = 0; s < samples; ++s) {
      for (Index f = 0; f < features; ++f) {
        EXPECT_EQ(stored.values[static_cast<std::size_t>(s * features + f)], (7 * s + 19 * f) % 256);
      }
    }
    const RawArray targets = read_raw(path, "/targets");
    ASSERT_EQ(targets.shape, (std::vector<hsize_t>{samples}));
    for (Index s = 0; s < samples; ++s) EXPECT_EQ(targets.values[static_cast<std::size_t>(s)], s * s % 5);
  }
}

TEST(DatasetFile, SameSamplesAreTheSameBytes) {
  const TemporaryDirectory directory;
  const auto bytes_of = [&directory](const std::string& name, DatasetLayout layout, Index announced) {
    write_bytes(directory / name, layout, announced);
    std::ifstream file{directory / name, std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  };
  EXPECT_EQ(bytes_of("spooled.h5", {}, 0), bytes_of("again.h5", {}, 0));
  EXPECT_EQ(bytes_of("announced.h5", {}, samples), bytes_of("once-more.h5", {}, samples));
  const DatasetLayout gzip{.chunk_samples = 5, .gzip = 9};
  EXPECT_EQ(bytes_of("gzip.h5", gzip, 0), bytes_of("gzip-again.h5", gzip, 0));
}

TEST(DatasetFile, RefusesWhatDoesNotFitTogether) {
  const TemporaryDirectory directory;
  const auto problem_of = [&directory](Index announced, Index given, Index targets) -> std::string {
    try {
      DatasetWriter writer{directory / "wrong.h5", byte_info(announced)};
      const std::vector<std::uint8_t> bytes = byte_samples();
      const std::vector<Label> all = labels();
      writer.append_bytes(std::span{bytes}.first(static_cast<std::size_t>(given * features)));
      writer.append_labels(std::span{all}.first(static_cast<std::size_t>(targets)));
      writer.close();
    } catch (const FileError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(problem_of(0, 5, 4).find("5 samples have features and 4 have targets"), std::string::npos);
  EXPECT_NE(problem_of(0, 0, 0).find("no samples"), std::string::npos);
  EXPECT_NE(problem_of(7, 5, 5).find("5 of the announced 7"), std::string::npos);
  EXPECT_NE(problem_of(3, 5, 5).find("more than the announced 3"), std::string::npos);
  EXPECT_EQ(problem_of(5, 5, 5), "");
  DatasetWriter writer{directory / "labels.h5", byte_info(0)};
  EXPECT_THROW(writer.append_labels(std::vector<Label>{4, 5}), FileError);
  EXPECT_THROW(writer.append_labels(std::vector<Label>{-1}), FileError);
  EXPECT_THROW((DatasetWriter{directory / "gzip.h5", byte_info(0), {.gzip = 3}}), FileError);
  EXPECT_THROW((DatasetWriter{directory / "no" + "/where.h5", byte_info(0)}), FileError);
}

TEST(DatasetFile, KeepsManyLongNames) {
  const TemporaryDirectory directory;
  DatasetInfo info;
  info.features = 5003;
  info.classes = 2;
  for (Index f = 0; f < info.features; ++f)
    info.feature_names.push_back("a rather long name of column " + std::to_string(f));
  DatasetWriter writer{directory / "wide.h5", info, {}, false, {{"schema", std::string(100000, 's')}}};
  writer.append_floats(std::vector<float>(5003, 0.5F));
  writer.append_labels(std::vector<Label>{1});
  writer.close();
  EXPECT_EQ(open_dataset(directory / "wide.h5")->info().feature_names, info.feature_names);
  EXPECT_EQ(extra_attribute(directory / "wide.h5", "schema"), std::string(100000, 's'));
}

TEST(DatasetFile, LeavesNothingBehindWithoutClose) {
  const TemporaryDirectory directory;
  {
    DatasetWriter writer{directory / "half.h5", byte_info(0)};
    writer.append_bytes(byte_samples());
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(DatasetFile, RefusesToReplaceUnlessAsked) {
  const TemporaryDirectory directory;
  const std::string path = directory / "kept.h5";
  write_bytes(path, {}, 0);
  EXPECT_THROW((DatasetWriter{path, byte_info(0)}), FileError);
  EXPECT_NO_THROW((DatasetWriter{path, byte_info(0), {}, true}));
  EXPECT_EQ(open_dataset(path)->info().samples, samples);
}

}  // namespace
}  // namespace lockstep
