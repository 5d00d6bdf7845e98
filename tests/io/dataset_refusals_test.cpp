// SPDX-License-Identifier: MIT
// Files that other programs wrote: what is said of those that do not open, or hold what cannot be used.
#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/io/foreign_dataset.hpp"

namespace lockstep {
namespace {

class DatasetRefusals : public ForeignDataset {};

TEST_F(DatasetRefusals, SaysWhatIsNotThere) {
  expect_problem("there is no such file");
  std::ofstream{path_}.close();
  expect_problem("the file is empty (0 bytes)");
  std::ofstream{path_} << "1,2,3\n4,5,6\n";
  expect_problem("not an HDF5 file");
  { const RawHdf5File file{path_}; }
  expect_problem("has no /features");
  {
    const RawHdf5File file{path_};
    write_features(file);
  }
  expect_problem("has no /targets");
  {
    const RawHdf5File file{path_};
    H5Gclose(H5Gcreate2(file.id(), "features", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    write_labels(file);
  }
  expect_problem("/features is not a data set");
}

TEST_F(DatasetRefusals, SaysWhichShapesDisagree) {
  const std::vector<float> values = counting<float>(99);
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file, {0, 1});
  }
  expect_problem("/features has 11 samples and /targets has 2");
  {
    const RawHdf5File file{path_};
    file.array("features", {11}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data());
    write_labels(file);
  }
  expect_problem("one axis of 11");
  {
    const RawHdf5File file{path_};
    file.array("features", {0, 3}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, nullptr);
    file.array("targets", {0}, H5T_STD_I32LE, H5T_NATIVE_INT, nullptr);
  }
  expect_problem("the shape (0, 3)");
  {
    const RawHdf5File file{path_};
    write_features(file);
    file.array("targets", {11, 3, 3}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data());
  }
  expect_problem("/targets has the shape (11, 3, 3)");
  {
    const RawHdf5File file{path_};
    write_features(file);
    file.array("targets", {11, 3}, H5T_STD_I32LE, H5T_NATIVE_FLOAT, values.data());
  }
  expect_problem("a class is one integer");
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file);
    file.texts("feature_names", {"only", "two"});
  }
  expect_problem("'feature_names' has 2 names, but there are 3 features");
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file);
    file.integers("feature_shape", {2, 2});
  }
  expect_problem("'feature_shape' is (2, 2), which is not 3 features");
}

TEST_F(DatasetRefusals, SaysWhichAttributesAreWrong) {
  const auto with = [this](const char* name, const char* value) {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file);
    file.texts(name, {value});
  };
  with("task", "clustering");
  expect_problem("attribute 'task' is 'clustering'");
  with("scaling", "percent");
  expect_problem("attribute 'scaling' is 'percent'");
  with("scaling", "divide-by-255");
  expect_problem("does not hold uint8");
  with("classes", "ten");
  expect_problem("'classes' of / is not a whole number");
  const auto with_number = [this](const char* name, int value) {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file);
    file.integers(name, {value});
  };
  with_number("format_version", 2);
  expect_problem("format version 2");
  with_number("classes", 0);
  expect_problem("attribute 'classes' is (0)");
  with_number("class_names", 4);
  expect_problem("'class_names' of / is not text");
}

TEST_F(DatasetRefusals, NamesTheFirstLabelOutOfRange) {
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file, {0, 1, 2, -1, 0, 1, 2, 3, 0, 1, 2});
  }
  expect_problem("row 4 (counted from 1) of /targets has label -1, outside [0, 4)");
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file, {0, 1, 2, 2, 0, 1, 2, 5, 0, 1, 2});
    file.integers("classes", {5});
  }
  expect_problem("row 8 (counted from 1) of /targets has label 5, outside [0, 5)");
  {
    const RawHdf5File file{path_};
    write_features(file);
    write_labels(file, {0, 1, 2, 2, 0, 1, 2, std::int64_t{1} << 40, 0, 1, 2});
  }
  expect_problem("number classes 0, 1, 2");
}

TEST_F(DatasetRefusals, NamesLabelsBeyondInt32AsTheyAreStored) {
  const std::vector<std::uint64_t> labels{0, 1, 2, 3, 0, (std::uint64_t{1} << 40U) + 3, 2, 3, 0, 1, 2};
  const auto write = [&](bool announced) {
    const RawHdf5File file{path_};
    write_features(file);
    file.array("targets", targets_shape, H5T_STD_U64LE, H5T_NATIVE_UINT64, labels.data());
    if (announced) file.texts("class_names", {"a", "b", "c", "d"});
  };
  write(false);
  expect_problem("row 6 (counted from 1) of /targets has label 1099511627779; number classes");
  write(true);
  expect_problem("row 6 (counted from 1) of /targets has label 1099511627779, outside [0, 4)");
  expect_problem("one of class_names");
}

TEST_F(DatasetRefusals, RefusesVirtualDataSets) {
  {
    const RawHdf5File file{path_};
    write_labels(file);
    const hid_t space = H5Screate_simple(2, features_shape.data(), nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    EXPECT_GE(H5Pset_virtual(creation, space, "nowhere.h5", "features", space), 0);
    H5Dclose(H5Dcreate2(file.id(), "features", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
  }
  expect_problem("/features is a virtual data set");
}

TEST_F(DatasetRefusals, NamesRowAndColumnOfWhatIsNotFinite) {
  std::vector<float> values = counting<float>(33);
  values[3 * 7 + 1] = std::numeric_limits<float>::quiet_NaN();
  values[3 * 9 + 2] = -std::numeric_limits<float>::infinity();
  {
    const RawHdf5File file{path_};
    file.array("features", features_shape, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data());
    write_labels(file);
    file.texts("feature_names", {"x", "alcohol", "z"});
  }
  const std::unique_ptr<Dataset> data = open_dataset(path_);
  const auto problem_of_row = [&data](Index row) -> std::string {
    PanelBuffer column{features, 1};
    try {
      data->gather_features(std::vector<Index>{row}, {}, column.panel());
    } catch (const FileError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_EQ(problem_of_row(6), "");
  EXPECT_NE(problem_of_row(7).find("/features holds NaN or infinity in row 8 (counted from 1), column 'alcohol'"),
            std::string::npos)
      << problem_of_row(7);
  EXPECT_NE(problem_of_row(9).find("row 10 (counted from 1), column 'z'"), std::string::npos) << problem_of_row(9);

  values = counting<float>(22);
  values[2 * 4 + 1] = std::numeric_limits<float>::infinity();
  {
    const RawHdf5File file{path_};
    write_features(file);
    file.array("targets", {11, 2}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data());
  }
  expect_problem("/targets holds NaN or infinity in row 5 (counted from 1), column 2;");
}

TEST_F(DatasetRefusals, NumbersBeyondAFloatAreNamedAsThemselves) {
  if (sizeof(Scalar) > sizeof(float)) GTEST_SKIP() << "double holds them";
  std::vector<double> values = counting<double>(11);
  values[4] = 1e300;
  {
    const RawHdf5File file{path_};
    write_features(file);
    file.array("targets", targets_shape, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data());
  }
  expect_problem("/targets holds 1e+300 in row 5 (counted from 1), column 1, which is beyond the range");
  std::vector<double> wide = counting<double>(33);
  wide[3 * 2 + 1] = -1e300;
  {
    const RawHdf5File file{path_};
    file.array("features", features_shape, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, wide.data());
    write_labels(file);
  }
  const auto data = open_dataset(path_);
  PanelBuffer columns{features, 1};
  try {
    data->gather_features(std::vector<Index>{2}, {}, columns.panel());
    FAIL() << "not found";
  } catch (const FileError& error) {
    EXPECT_NE(std::string{error.what()}.find("/features holds -1e+300 in row 3"), std::string::npos) << error.what();
  }
}

std::size_t pass_through(unsigned /*flags*/, std::size_t /*count*/, const unsigned* /*values*/, std::size_t bytes,
                         std::size_t* /*capacity*/, void** /*buffer*/) {
  return bytes;
}

TEST_F(DatasetRefusals, NamesAFilterThatIsMissing) {
  constexpr H5Z_filter_t number = 301;  // from the range for private use
  const H5Z_class2_t filter{H5Z_CLASS_T_VERS, number, 1, 1, "squeeze", nullptr, nullptr, pass_through};
  ASSERT_GE(H5Zregister(&filter), 0);
  {
    const RawHdf5File file{path_};
    write_labels(file);
    const hsize_t shape[] = {11, 3};
    const hid_t space = H5Screate_simple(2, shape, nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(creation, 2, shape);
    H5Pset_filter(creation, number, H5Z_FLAG_MANDATORY, 0, nullptr);
    const hid_t dataset = H5Dcreate2(file.id(), "features", H5T_IEEE_F32LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(space);
  }
  ASSERT_GE(H5Zunregister(number), 0);
  expect_problem("/features is stored with the filter 'squeeze' (number 301)");
}

TEST_F(DatasetRefusals, SaysThatAFileIsTruncated) {
  {
    const RawHdf5File file{path_};
    write_labels(file);
    write_features(file);
  }
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 7);
  expect_problem("truncated");
}

}  // namespace
}  // namespace lockstep
