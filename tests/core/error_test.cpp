// SPDX-License-Identifier: MIT
#include "core/error.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(RequestError, JoinsItsProblemsOnePerLine) {
  const RequestError error{std::vector<std::string>{"first.", "second."}};
  EXPECT_STREQ(error.what(), "first.\nsecond.");
  EXPECT_EQ(error.problems().size(), 2U);
}

TEST(DivergenceError, NamesStepAndLayer) {
  const DivergenceError error{17, "hidden2", "lower the learning rate"};
  EXPECT_NE(std::string{error.what()}.find("step 17"), std::string::npos);
  EXPECT_NE(std::string{error.what()}.find("'hidden2'"), std::string::npos);
}

}  // namespace
}  // namespace lockstep
