// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "support/mpi_world.hpp"

namespace lockstep::test {
namespace {

// The two variables are set by tests/CMakeLists.txt.
TEST(MpiTestMain, RunsOnAsManyRanksAsAskedFor) {
  const char* const expected = std::getenv("LOCKSTEP_TEST_RANKS");
  EXPECT_EQ(std::to_string(world().ranks()), expected == nullptr ? "1" : expected);
}

TEST(MpiTestMain, FailsEverywhereWhenOneRankFails) {
  if (std::getenv("LOCKSTEP_TEST_FAILS") == nullptr) return;
  EXPECT_NE(world().rank(), world().ranks() - 1) << "the last rank fails, as it should";
}

}  // namespace
}  // namespace lockstep::test
