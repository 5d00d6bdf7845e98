// SPDX-License-Identifier: MIT
// Data sets, written and read: every layout gives the same samples.
#include "io/dataset_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>

#include "core/aligned_buffer.hpp"
#include "core/error.hpp"
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

/// A panel that owns its columns, filled with a number that gathering must replace.
struct OwnedPanel {
  OwnedPanel(Index rows, Index columns) : buffer{panel_scalars(rows, columns)} {
    for (Scalar& value : buffer.span()) value = Scalar{-77};
    panel = {buffer.data(), rows, columns, padded(rows)};
  }
  AlignedBuffer buffer;
  Panel panel;
};

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
  OwnedPanel columns{features, 5};
  const AffineTransform bytes_to_unit{std::vector<Scalar>(features, 0), std::vector<Scalar>(features, Scalar{1} / 255)};
  data->gather_features(rows, bytes_to_unit, columns.panel);
  std::vector<Label> found(rows.size());
  data->gather_labels(rows, found);
  const std::vector<std::uint8_t> stored = byte_samples();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    for (Index f = 0; f < features; ++f) {
      const auto byte = static_cast<Scalar>(stored[static_cast<std::size_t>(rows[k] * features + f)]);
      EXPECT_EQ(columns.panel.column(static_cast<Index>(k))[f], byte * (Scalar{1} / 255)) << "row " << rows[k];
    }
    for (Index f = features; f < columns.panel.stride; ++f)
      EXPECT_EQ(columns.panel.column(static_cast<Index>(k))[f], 0);
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
  OwnedPanel columns{features, 2};
  OwnedPanel targets{3, 2};
  data->gather_features(rows, {}, columns.panel);
  data->gather_values(rows, {{1, 2, 3}, {2, 2, 2}}, targets.panel);
  EXPECT_EQ(columns.panel.column(0)[4], Scalar{29});
  EXPECT_EQ(columns.panel.column(1)[12], Scalar{-1});
  EXPECT_EQ(targets.panel.column(0)[1], (Scalar(-50.5) + 91 - 2) * 2);
  EXPECT_EQ(targets.panel.column(1)[2], (Scalar(-50.5) + 8 - 3) * 2);
  EXPECT_EQ(targets.panel.column(1)[3], 0);
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
