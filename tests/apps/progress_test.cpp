// SPDX-License-Identifier: MIT
#include "apps/progress.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

TEST(ProgressLine, ShowsTheShareDoneAndTheTimeLeft) {
  const std::string line =
      progress_line({.title = "import", .done = 30, .total = 120, .seconds = 21, .text = "30 MB", .columns = 60});
  EXPECT_EQ(line, "import [######....................]  25%  01:03 left  30 MB");
  EXPECT_LT(line.size(), 60U);
}

TEST(ProgressLine, CountsOnlyTheWorkSinceTheBeginningInTheTimeLeft) {
  const std::string line = progress_line(
      {.title = "train", .done = 75, .total = 100, .seconds = 10, .done_at_beginning = 50, .columns = 80});
  EXPECT_NE(line.find("00:10 left"), std::string::npos) << line;
}

TEST(ProgressLine, MakesNoGuessInTheFirstSecond) {
  const std::string line = progress_line({.title = "train", .done = 75, .total = 100, .seconds = 0.5});
  EXPECT_NE(line.find("--:-- left"), std::string::npos) << line;
}

TEST(ProgressLine, ShowsTheTimeSpentWhenTheTotalIsUnknown) {
  EXPECT_EQ(progress_line({.title = "import", .done = 5, .seconds = 3725, .text = "5 rows"}), "import 1:02:05  5 rows");
}

TEST(ProgressLine, DropsTheBarOnANarrowTerminal) {
  const std::string line = progress_line({.title = "train", .done = 1, .total = 4, .seconds = 3, .columns = 20});
  EXPECT_EQ(line, "train  25%  00:09 left");
}

TEST(ProgressLine, StaysBelowTheFullBarPastTheTotal) {
  const std::string line = progress_line({.title = "t", .done = 9, .total = 4, .seconds = 3, .columns = 70});
  EXPECT_NE(line.find("[##############################] 100%  00:00 left"), std::string::npos) << line;
}

TEST(Progress, LeavesNoTraceWhereNoTerminalIs) {
  Console console{1, 2};  // not rank 0: never interactive
  testing::internal::CaptureStderr();
  {
    Progress progress{console, "train", 10};
    progress.update(3, "loss 0.1");
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace lockstep
