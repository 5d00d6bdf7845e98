// SPDX-License-Identifier: MIT
#include "apps/console.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

struct Captured {
  std::string out;
  std::string err;
};

template <class Body>
Captured captured(Body body) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  body();
  std::string out = testing::internal::GetCapturedStdout();
  return {.out = std::move(out), .err = testing::internal::GetCapturedStderr()};
}

TEST(Console, SpeaksOnRankZeroOnly) {
  const Captured first = captured([] {
    Console console{0, 3};
    console.out("result");
    console.note("remark\n");
  });
  EXPECT_EQ(first.out, "result\n");
  EXPECT_EQ(first.err, "remark\n");
  const Captured second = captured([] {
    Console console{1, 3};
    console.out("result");
    console.note("remark");
    console.json("{}");
  });
  EXPECT_EQ(second.out + second.err, "");
}

TEST(Console, NamesTheRankOfEachLineOfAFault) {
  const Captured seen = captured([] { Console{2, 3}.error("first\nsecond"); });
  EXPECT_EQ(seen.err, "[rank 2] first\n[rank 2] second\n");
  EXPECT_EQ(captured([] { Console{0, 1}.error("alone"); }).err, "alone\n");
}

TEST(Console, KeepsStandardOutputForJsonWhenAsked) {
  const Captured seen = captured([] {
    Console console{0, 1};
    console.reserve_output_for_json();
    console.out("table");
    console.json("{\"a\": 1}");
  });
  EXPECT_EQ(seen.out, "{\"a\": 1}\n");
  EXPECT_EQ(seen.err, "table\n");
}

}  // namespace
}  // namespace lockstep
