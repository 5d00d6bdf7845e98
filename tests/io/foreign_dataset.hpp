// SPDX-License-Identifier: MIT
// Data sets as other programs write them, 11 samples of 3 features, and what open_dataset says of them.
#pragma once

#include <gtest/gtest.h>

#include <numeric>

#include "core/error.hpp"
#include "io/dataset_file.hpp"
#include "tests/io/raw_hdf5.hpp"
#include "tests/support/panel_buffer.hpp"
#include "tests/support/temporary_directory.hpp"

namespace lockstep {

inline constexpr Index samples = 11;
inline constexpr Index features = 3;
inline const std::vector<hsize_t> features_shape{11, 3};
inline const std::vector<hsize_t> targets_shape{11};

/// 0, 1, 2, ...: feature f of sample s is 3 s + f.
template <class Number>
std::vector<Number> counting(std::size_t count) {
  std::vector<Number> values(count);
  std::iota(values.begin(), values.end(), Number{0});
  return values;
}

class ForeignDataset : public testing::Test {
 protected:
  void write_features(const RawHdf5File& file) const {
    const std::vector<float> values = counting<float>(33);
    file.array("features", features_shape, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values.data());
  }
  void write_labels(const RawHdf5File& file,
                    std::vector<std::int64_t> labels = {0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2}) const {
    const std::vector<hsize_t> shape{labels.size()};
    file.array("targets", shape, H5T_STD_I64LE, H5T_NATIVE_INT64, labels.data());
  }
  /// What open_dataset says; "" when it opens.
  [[nodiscard]] std::string problem() const {
    try {
      (void)open_dataset(path_);
    } catch (const FileError& error) {
      return error.what();
    }
    return {};
  }
  void expect_problem(const std::string& part) const {
    EXPECT_NE(problem().find(part), std::string::npos) << "said: " << problem();
  }
  /// Features as counted above, whatever their type.
  void expect_counting_features(const Dataset& data) const {
    const std::vector<Index> rows{10, 0, 7};
    PanelBuffer columns{features, 3};
    data.gather_features(rows, {}, columns.panel());
    for (Index k = 0; k < 3; ++k) {
      for (Index f = 0; f < features; ++f) {
        EXPECT_EQ(columns.panel().column(k)[f], static_cast<Scalar>(3 * rows[static_cast<std::size_t>(k)] + f));
      }
    }
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_ / "data.h5";
};

}  // namespace lockstep
