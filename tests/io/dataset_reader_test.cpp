// SPDX-License-Identifier: MIT
// Files that other programs wrote: what opens, and what it means.
#include "tests/io/foreign_dataset.hpp"

namespace lockstep {
namespace {

class DatasetReader : public ForeignDataset {};

TEST_F(DatasetReader, OpensTheMinimalFile) {
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file);
  }
  const std::unique_ptr<Dataset> data = open_dataset(path_);
  EXPECT_EQ(data->info().task, Task::classification);
  EXPECT_EQ(data->info().samples, samples);
  EXPECT_EQ(data->info().features, features);
  EXPECT_EQ(data->info().classes, 4);
  EXPECT_EQ(data->info().feature_shape, (std::vector<Index>{3}));
  EXPECT_TRUE(data->info().class_names.empty());
  EXPECT_FALSE(data->info().byte_features);
  EXPECT_EQ(data->read_pattern(), ReadPattern{});
  expect_counting_features(*data);
}

/// A stored type and layout of /features.
struct Storage {
  const char* name;
  hid_t (*type)();
  std::vector<hsize_t> chunk;
};

class EveryStorage : public DatasetReader, public testing::WithParamInterface<Storage> {};

TEST_P(EveryStorage, GivesTheSameNumbers) {
  {
    const RawHdf5File file{path_};
    const std::vector<double> values = counting<double>(33);
    file.array("features", features_shape, GetParam().type(), H5T_NATIVE_DOUBLE, values.data(), GetParam().chunk);
    write_labels(file);
  }
  expect_counting_features(*open_dataset(path_));
}

INSTANTIATE_TEST_SUITE_P(DatasetReader, EveryStorage,
                         testing::Values(Storage{"UInt8", [] { return H5T_STD_U8LE; }, {}},
                                         Storage{"UInt8BigEndian", [] { return H5T_STD_U8BE; }, {}},
                                         Storage{"Int8", [] { return H5T_STD_I8LE; }, {}},
                                         Storage{"Int16BigEndian", [] { return H5T_STD_I16BE; }, {}},
                                         Storage{"Int32", [] { return H5T_STD_I32LE; }, {}},
                                         Storage{"Int64", [] { return H5T_STD_I64LE; }, {}},
                                         Storage{"Float32", [] { return H5T_IEEE_F32LE; }, {}},
                                         Storage{"Float32BigEndian", [] { return H5T_IEEE_F32BE; }, {}},
                                         Storage{"Float64", [] { return H5T_IEEE_F64LE; }, {}},
                                         Storage{"UInt8Chunked", [] { return H5T_STD_U8LE; }, {4, 3}},
                                         Storage{"Float64Chunked", [] { return H5T_IEEE_F64LE; }, {5, 3}},
                                         Storage{"Int16ChunkedByColumns", [] { return H5T_STD_I16LE; }, {4, 2}}),
                         [](const auto& storage) { return storage.param.name; });

TEST_F(DatasetReader, ReadsImagesOfMoreAxes) {
  {
    const RawHdf5File file{path_};
    const std::vector<std::uint8_t> bytes = counting<std::uint8_t>(66);
    file.array("features", {11, 2, 3}, H5T_STD_U8LE, H5T_NATIVE_UINT8, bytes.data());
    write_labels(file);
  }
  const std::unique_ptr<Dataset> data = open_dataset(path_);
  EXPECT_EQ(data->info().features, 6);
  EXPECT_EQ(data->info().feature_shape, (std::vector<Index>{2, 3}));
  EXPECT_TRUE(data->info().byte_features);
}

TEST_F(DatasetReader, ReadsAttributesAsH5pyWritesThem) {
  {
    const RawHdf5File file{path_};
    const std::vector<std::uint8_t> bytes = counting<std::uint8_t>(33);
    file.array("features", features_shape, H5T_STD_U8LE, H5T_NATIVE_UINT8, bytes.data());
    write_labels(file);
    file.texts("class_names", {"a", "b", "c", "d", "never seen"});
    file.texts("feature_names", {"x", "y", "z"});
    file.texts("scaling", {"none"});
    file.integers("feature_shape", {1, 3});
  }
  const DatasetInfo info = open_dataset(path_)->info();
  EXPECT_EQ(info.classes, 5);
  EXPECT_EQ(info.class_names.back(), "never seen");
  EXPECT_EQ(info.feature_names, (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(info.feature_shape, (std::vector<Index>{1, 3}));
  EXPECT_FALSE(info.byte_features);
}

TEST_F(DatasetReader, TakesTheTaskFromTheTargetsOrTheAttribute) {
  {
    const RawHdf5File file{path_};
    write_features(file);
    const std::vector<double> values = counting<double>(22);
    file.array("targets", {11, 2}, H5T_IEEE_F64BE, H5T_NATIVE_DOUBLE, values.data());
  }
  const std::unique_ptr<Dataset> data = open_dataset(path_);
  EXPECT_EQ(data->info().task, Task::regression);
  EXPECT_EQ(data->info().targets, 2);
  PanelBuffer values{2, 1};
  data->gather_values(std::vector<Index>{5}, {}, values.panel());
  EXPECT_EQ(values.panel().column(0)[0], 10);
  EXPECT_EQ(values.panel().column(0)[1], 11);
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file);
    file.texts("task", {"regression"});
  }
  EXPECT_EQ(open_dataset(path_)->info().task, Task::regression);
}

TEST_F(DatasetReader, TargetsMayBeAbsentWhereTheyAreNotNeeded) {
  {
    const RawHdf5File file{path_};
    write_features(file);
  }
  expect_problem("has no /targets; without targets a data set serves 'lockstep predict' only");
  const auto data = open_dataset(path_, TargetsWanted::optional);
  EXPECT_EQ(data->info().targets, 0);
  EXPECT_EQ(data->info().samples, samples);
  expect_counting_features(*data);
}

}  // namespace
}  // namespace lockstep
