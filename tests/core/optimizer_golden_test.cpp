// SPDX-License-Identifier: MIT
// Ten steps of every optimizer, beside PyTorch's.
#include <gtest/gtest.h>

#include <cmath>

#include "core/norm.hpp"
#include "core/optimizer.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/whole_update.hpp"

namespace lockstep {
namespace {

UpdateRule rule_of(const nlohmann::json& test_case) {
  const nlohmann::json& settings = test_case["settings"];
  return {.optimizer = optimizer_named(test_case["optimizer"].get<std::string>()),
          .learning_rate = settings["learning-rate"],
          .momentum = settings.value("momentum", 0.0),
          .decay_rate = settings.value("decay-rate", 0.0),
          .beta1 = settings.value("beta1", 0.0),
          .beta2 = settings.value("beta2", 0.0),
          .epsilon = settings.value("epsilon", 0.0),
          .l1 = settings.value("l1", 0.0),
          .l2 = settings.value("l2", 0.0),
          .weight_decay = settings.value("weight-decay", 0.0)};
}

TEST(OptimizerGolden, TenStepsMatchPyTorch) {
  const nlohmann::json golden = golden::read("optimizers.json");
  const double samples = golden["samples"][0];
  ASSERT_GT(golden["cases"].size(), 20U);
  for (const nlohmann::json& test_case : golden["cases"]) {
    UpdateRule rule = rule_of(test_case);
    std::vector<Scalar> weights = golden::scalars(golden["initial"]);
    std::vector<std::vector<Scalar>> state(state_names(rule.optimizer).size(), std::vector<Scalar>(weights.size()));
    const std::vector<std::span<Scalar>> spans(state.begin(), state.end());
    const double clip_norm = test_case["settings"].value("clip-norm", 0.0);
    for (rule.step = 1; rule.step <= 10; ++rule.step) {
      const std::vector<Scalar> gradient_sum = golden::scalars(golden["gradient_sums"][rule.step - 1]);
      const double norm = std::sqrt(sum_of_squares(gradient_sum)) / samples;
      rule.gradient_scale = clip_factor(norm, clip_norm) / samples;
      test::update_all(rule, weights, gradient_sum, spans);
      const nlohmann::json& expected = test_case["weights"][rule.step - 1];
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double value = expected[i];
        ASSERT_NEAR(weights[i], value, golden::rounding(value, 8))
            << test_case["optimizer"] << test_case["settings"] << " step " << rule.step << " weight " << i;
      }
    }
  }
}

}  // namespace
}  // namespace lockstep
