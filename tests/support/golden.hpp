// SPDX-License-Identifier: MIT
// Reads the golden numbers that tests/golden/make_golden.py computed.
#pragma once

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/panel_buffer.hpp"

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

using lockstep::PanelBuffer;

}  // namespace lockstep::golden
