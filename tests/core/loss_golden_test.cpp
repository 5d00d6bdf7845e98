// SPDX-License-Identifier: MIT
// Every loss and what it sends back, beside PyTorch's.
#include <gtest/gtest.h>

#include "core/loss.hpp"
#include "tests/support/golden.hpp"

namespace lockstep {
namespace {

TEST(LossGolden, SumsAndDeltasMatchPyTorch) {
  const nlohmann::json golden = golden::read("losses.json");
  ASSERT_GT(golden["cases"].size(), 15U);
  for (const nlohmann::json& test_case : golden["cases"]) {
    const Loss loss = loss_named(test_case["loss"].get<std::string>());
    const Activation output = activation_named(test_case["output"].get<std::string>());
    const std::string what = test_case["loss"].get<std::string>() + " of " + test_case["output"].get<std::string>();
    const Index rows = test_case["outputs"];
    const golden::PanelBuffer outputs{rows, golden::scalars(test_case["z"])};
    const golden::PanelBuffer delta{rows, outputs.panel().columns};
    if (output == Activation::softmax)
      activate(output, outputs.panel());
    else
      activate_with_slope(output, outputs.panel(), delta.panel());

    const std::vector<Label> labels = test_case["labels"];
    const golden::PanelBuffer values{rows, golden::scalars(test_case["values"])};
    const Targets targets{.labels = labels, .values = labels.empty() ? values.panel() : Panel{}};
    const double expected_sum = test_case["sum"];
    EXPECT_NEAR(loss_sum(loss, outputs.panel(), targets), expected_sum, golden::rounding(expected_sum, 4)) << what;
    const double sum = loss_sum_and_delta(loss, outputs.panel(), targets, delta.panel());
    EXPECT_EQ(sum, loss_sum(loss, outputs.panel(), targets)) << what;

    const std::vector<double> got = delta.values();
    ASSERT_EQ(got.size(), test_case["delta"].size()) << what;
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double expected = test_case["delta"][i];
      EXPECT_NEAR(got[i], expected, golden::rounding(expected, 8)) << what << " at " << i;
    }
  }
}

}  // namespace
}  // namespace lockstep
