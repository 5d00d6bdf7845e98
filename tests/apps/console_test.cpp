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

TEST(Console, ShowsWhatWouldSteerATerminal) {
  // ESC [2J would clear the screen; U+009B is the same introducer in one character. An umlaut is none.
  const Captured seen = captured([] {
    Console console{0, 1};
    console.out("class '\x1b[2J\x07'\tb");
    console.note(
        "\xc2\x9b"
        "2J \xc3\xbc\r\x7f");
    console.error("\x1b]0;title");
    console.json("{\"a\": \"\x7f\"}");
  });
  EXPECT_EQ(seen.out, "class '\\x1B[2J\\x07'\tb\n{\"a\": \"\x7f\"}\n");
  EXPECT_EQ(seen.err, "\\xC2\\x9B2J \xc3\xbc\\x0D\\x7F\n\\x1B]0;title\n");
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

TEST(Console, WritesAFailureAsAnObjectWhereAskedAndNoneIsThere) {
  const auto fail = [](int rank, bool before) {
    return captured([&] {
      Console console{rank, 2};
      console.report_failures_as_json();
      if (before) console.json("{}");
      EXPECT_EQ(rank == 0 ? console.failure({"a", "b\""}, 2) : console.failure_here({"c"}, 1), rank == 0 ? 2 : 1);
    });
  };
  EXPECT_EQ(fail(0, false).err, "error: a\nerror: b\"\n");
  EXPECT_EQ(fail(0, false).out, "{\n  \"error\": [\"a\",\"b\\\"\"],\n  \"exit_status\": 2\n}\n");
  EXPECT_EQ(fail(1, false).err, "[rank 1] error: c\n");
  EXPECT_EQ(fail(1, false).out, "{\n  \"error\": [\"c\"],\n  \"exit_status\": 1\n}\n");
  EXPECT_EQ(fail(0, true).out, "{}\n");
  EXPECT_EQ(captured([] { Console{1, 2}.failure({"a"}, 2); }).err, "");
}

}  // namespace
}  // namespace lockstep
