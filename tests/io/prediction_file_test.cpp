// SPDX-License-Identifier: MIT
#include "io/prediction_file.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/aligned_buffer.hpp"
#include "core/error.hpp"
#include "io/hdf5_array.hpp"
#include "io/hdf5_attribute.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

/// Columns of `rows` values, sample s and output o being 10 (first + s) + o, with padding that must not be written.
struct Outputs {
  Outputs(Index rows, Index columns, Index first) : memory{panel_scalars(rows, columns)} {
    panel = {.data = memory.data(), .rows = rows, .columns = columns, .stride = padded(rows)};
    std::fill_n(memory.data(), memory.size(), Scalar{-1});
    for (Index column = 0; column < columns; ++column)
      for (Index row = 0; row < rows; ++row)
        panel.column(column)[row] = static_cast<Scalar>(10 * (first + column) + row);
  }
  AlignedBuffer memory;
  Panel panel;
};

TEST(PredictionFile, HoldsWindowsInRowOrderWithoutPadding) {
  const TemporaryDirectory place;
  const std::string path = place / "out.h5";
  PredictionWriter writer{path,
                          {.samples = 7, .outputs = 3, .task = Task::classification, .class_names = {"a", "b", "c"}}};
  writer.write(5, Outputs(3, 2, 5).panel);
  writer.write(0, Outputs(3, 5, 0).panel);
  writer.write_classes(0, std::vector<Label>{2, 0, 1, 2, 0});
  writer.write_classes(5, std::vector<Label>{1, 2});
  EXPECT_FALSE(fs::exists(path));
  writer.close();

  const Hdf5File file = Hdf5File::open(path, "");
  const Hdf5Array predictions = Hdf5Array::open(file, "/predictions");
  ASSERT_EQ(predictions.shape(), (std::vector<Index>{7, 3}));
  std::vector<double> values(21);
  predictions.read({0, 7}, Element::float64, values.data());
  for (std::size_t sample = 0; sample < 7; ++sample)
    for (std::size_t output = 0; output < 3; ++output)
      EXPECT_EQ(values[sample * 3 + output], static_cast<double>(10 * sample + output));
  std::vector<Label> classes(7);
  Hdf5Array::open(file, "/classes").read({0, 7}, Element::int32, classes.data());
  EXPECT_EQ(classes, (std::vector<Label>{2, 0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(Hdf5Attributes(file, "/").texts("class_names"), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(PredictionFile, LeavesNothingWithoutClose) {
  const TemporaryDirectory place;
  { PredictionWriter writer{place / "out.h5", {.samples = 7, .outputs = 3}}; }
  EXPECT_TRUE(fs::is_empty(place.path()));
}

TEST(PredictionFile, ReplacesAFileOnlyWhenAsked) {
  const TemporaryDirectory place;
  const std::string path = place / "out.h5";
  std::ofstream{path} << "precious";
  EXPECT_THROW(PredictionWriter(path, {.samples = 2, .outputs = 1}), FileError);
  EXPECT_EQ(fs::file_size(path), 8U);
  PredictionWriter writer{path, {.samples = 2, .outputs = 1}, /*replace=*/true};
  writer.write(0, Outputs(1, 2, 0).panel);
  writer.close();
  EXPECT_FALSE(Hdf5File::open(path, "").has("/classes"));
}

}  // namespace
}  // namespace lockstep
