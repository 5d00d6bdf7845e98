// SPDX-License-Identifier: MIT
// Values and slopes of every activation, beside PyTorch's.
#include <gtest/gtest.h>

#include "core/activation.hpp"
#include "tests/support/golden.hpp"

namespace lockstep {
namespace {

constexpr Index rows = 13;

/// The numbers in panels of 13 rows; the last column is filled up with zeros.
golden::PanelBuffer in_columns(const nlohmann::json& numbers) {
  std::vector<Scalar> values = golden::scalars(numbers);
  while (values.size() % rows != 0) values.push_back(0);
  return {rows, values};
}

void expect_golden(const golden::PanelBuffer& got, const nlohmann::json& expected, const nlohmann::json& arguments,
                   const std::string& what, double roundings = 4) {
  const std::vector<double> values = got.values();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double value = expected[i];
    EXPECT_NEAR(values[i], value, golden::rounding(value, roundings)) << what << " at " << arguments[i];
  }
}

TEST(ActivationGolden, ValuesAndSlopesMatchPyTorch) {
  const nlohmann::json golden = golden::read("activations.json");
  ASSERT_EQ(golden["functions"].size(), 11U);
  for (const auto& [name, expected] : golden["functions"].items()) {
    const Activation activation = activation_named(name);
    const golden::PanelBuffer values = in_columns(golden["z"]);
    activate(activation, values.panel());
    expect_golden(values, expected["value"], golden["z"], name);
    EXPECT_EQ(trainable(activation), expected.contains("slope")) << name;
    if (!trainable(activation)) continue;
    const golden::PanelBuffer again = in_columns(golden["z"]);
    const golden::PanelBuffer slope{rows, again.panel().columns};
    activate_with_slope(activation, again.panel(), slope.panel());
    expect_golden(again, expected["value"], golden["z"], name + " with slope");
    // Slopes have terms like z (1 - f), which lose z / 2 roundings to the subtraction.
    expect_golden(slope, expected["slope"], golden["z"], "slope of " + name, 16);
  }
}

TEST(ActivationGolden, SoftmaxOfColumnsMatchesPyTorch) {
  const nlohmann::json softmax = golden::read("activations.json")["softmax"];
  const golden::PanelBuffer values{softmax["rows"][0].get<Index>(), golden::scalars(softmax["z"])};
  activate(Activation::softmax, values.panel());
  expect_golden(values, softmax["value"], softmax["z"], "softmax");
}

}  // namespace
}  // namespace lockstep
