// SPDX-License-Identifier: MIT
#include "io/crash_probe.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace lockstep {
namespace {

TEST(CrashProbe, TellsLifeFromDeath) {
  EXPECT_TRUE(survives_in_child([] {}));
  EXPECT_TRUE(survives_in_child([] { throw std::runtime_error{"an error is not a crash"}; }));
  EXPECT_FALSE(survives_in_child([] { std::raise(SIGSEGV); }));
  EXPECT_FALSE(survives_in_child([] { std::abort(); }));
}

TEST(CrashProbe, LeavesTheParentAsItWas) {
  int number = 1;
  EXPECT_TRUE(survives_in_child([&number] { number = 2; }));
  EXPECT_EQ(number, 1);
}

}  // namespace
}  // namespace lockstep
