// SPDX-License-Identifier: MIT
// Reads the golden numbers that tests/golden/make_golden.py computed.
#pragma once

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/panel.hpp"

namespace lockstep::golden {

/// The file `name` of tests/golden.
[[nodiscard]] inline nlohmann::json read(const std::string& name) {
  const std::string path = std::string{LOCKSTEP_GOLDEN_DIRECTORY} + "/" + name;
  std::ifstream file{path};
  if (!file) throw std::runtime_error{path + " cannot be read; tests/golden/make_golden.py writes it"};
  return nlohmann::json::parse(file);
}

/// Numbers that are exact in Scalar, or rounded to it.
[[nodiscard]] inline std::vector<Scalar> scalars(const nlohmann::json& numbers) {
  std::vector<Scalar> values;
  for (const nlohmann::json& number : numbers) values.push_back(static_cast<Scalar>(number.get<double>()));
  return values;
}

/// `units` roundings of a value of this size, or of 1 when it is smaller.
[[nodiscard]] inline double rounding(double value, double units) {
  return units * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) * std::max(1.0, std::abs(value));
}

/// A panel with its memory; the padding holds NaN, so that a result that depends on it is seen.
class PanelBuffer {
 public:
  PanelBuffer(Index rows, Index columns)
      : buffer_{panel_scalars(rows, columns)}, panel_{buffer_.data(), rows, columns, padded(rows)} {
    panel_.flat().setConstant(std::numeric_limits<Scalar>::quiet_NaN());
  }
  /// `values`: one column after the other.
  PanelBuffer(Index rows, const std::vector<Scalar>& values)
      : PanelBuffer{rows, static_cast<Index>(values.size()) / rows} {
    panel_.matrix() = Eigen::Map<const Matrix>(values.data(), panel_.rows, panel_.columns);
  }
  [[nodiscard]] Panel panel() const { return panel_; }
  /// Without padding, one column after the other.
  [[nodiscard]] std::vector<double> values() const {
    std::vector<double> all;
    for (Index column = 0; column < panel_.columns; ++column)
      all.insert(all.end(), panel_.column(column), panel_.column(column) + panel_.rows);
    return all;
  }

 private:
  AlignedBuffer buffer_;
  Panel panel_;
};

}  // namespace lockstep::golden
