// SPDX-License-Identifier: MIT
// HDF5 files written and read by the library's own calls, as any other program would: independent of io/.
#pragma once

#include <gtest/gtest.h>
#include <hdf5.h>

#include <string>
#include <vector>

namespace lockstep {

/// A new file in HDF5's default (oldest) format, as h5py makes it.
class RawHdf5File {
 public:
  explicit RawHdf5File(const std::string& path)
      : file_{H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)} {
    EXPECT_GE(file_, 0);
  }
  ~RawHdf5File() { H5Fclose(file_); }
  RawHdf5File(const RawHdf5File&) = delete;
  RawHdf5File& operator=(const RawHdf5File&) = delete;

  /// `stored` is the type on disk, `memory` that of `values`; without `values` nothing is written.
  /// With `chunk`, chunks of that shape, shuffled and compressed.
  void array(const char* name, const std::vector<hsize_t>& shape, hid_t stored, hid_t memory, const void* values,
             const std::vector<hsize_t>& chunk = {}) const {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    if (!chunk.empty()) {
      H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
      H5Pset_shuffle(creation);
      H5Pset_deflate(creation, 4);
    }
    const hid_t dataset = H5Dcreate2(file_, name, stored, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    EXPECT_GE(dataset, 0);
    if (values != nullptr) {
      EXPECT_GE(H5Dwrite(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    }
    H5Dclose(dataset);
    H5Pclose(creation);
    H5Sclose(space);
  }

  /// Strings of variable length, as h5py stores them.
  void texts(const char* name, const std::vector<const char*>& values) const {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    const hsize_t count = values.size();
    const hid_t space = count == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(file_, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(attribute, type, values.data()), 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
  }

  void integers(const char* name, const std::vector<int>& values) const {
    const hsize_t count = values.size();
    const hid_t space = H5Screate_simple(1, &count, nullptr);
    const hid_t attribute = H5Acreate2(file_, name, H5T_STD_I32BE, space, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(attribute, H5T_NATIVE_INT, values.data()), 0);
    H5Aclose(attribute);
    H5Sclose(space);
  }

  [[nodiscard]] hid_t id() const { return file_; }

 private:
  hid_t file_;
};

/// All elements of a data set in C order, as doubles, and its shape.
struct RawArray {
  std::vector<hsize_t> shape;
  std::vector<double> values;
};

inline RawArray read_raw(const std::string& path, const char* name) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  EXPECT_GE(dataset, 0);
  const hid_t space = H5Dget_space(dataset);
  RawArray array;
  array.shape.resize(static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, array.shape.data(), nullptr);
  array.values.resize(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)));
  EXPECT_GE(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()), 0);
  H5Sclose(space);
  H5Dclose(dataset);
  H5Fclose(file);
  return array;
}

}  // namespace lockstep
