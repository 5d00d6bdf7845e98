// SPDX-License-Identifier: MIT
#include "apps/agreement.hpp"

#include <gtest/gtest.h>

#include "support/mpi_world.hpp"

namespace lockstep {
namespace {

using test::world;

std::vector<std::string> problems_agreed(const std::vector<std::string>& mine) {
  try {
    agree_on_problems(world(), mine);
  } catch (const AgreedError& failure) {
    return failure.problems();
  }
  return {};
}

TEST(Agreement, BringsTheTextsOfAllRanksInOrder) {
  const auto rank = static_cast<std::size_t>(world().rank());
  const std::vector<std::string> texts = gather_texts(world(), std::string(rank * 5, 'x'));
  ASSERT_EQ(texts.size(), static_cast<std::size_t>(world().ranks()));
  for (std::size_t r = 0; r < texts.size(); ++r) EXPECT_EQ(texts[r], std::string(r * 5, 'x'));
}

TEST(Agreement, GivesAllRanksTheTextOfTheFirst) {
  const std::string mine = world().rank() == 0 ? "the first's" : "another one that is longer";
  EXPECT_EQ(text_of_first(world(), mine), "the first's");
}

TEST(Agreement, IsSilentWhenThereIsNoProblem) { EXPECT_TRUE(problems_agreed({}).empty()); }

TEST(Agreement, TellsAProblemOfAllRanksOnce) {
  EXPECT_EQ(problems_agreed({"no such file", "no such file", "bad flag"}),
            (std::vector<std::string>{"no such file", "bad flag"}));
}

TEST(Agreement, NamesTheRankOfAProblemThatNotAllHave) {
  const int last = world().ranks() - 1;
  const std::vector<std::string> found =
      problems_agreed(world().rank() == last ? std::vector<std::string>{"disk gone"} : std::vector<std::string>{});
  const std::string expected = last == 0 ? "disk gone" : "rank " + std::to_string(last) + ": disk gone";
  EXPECT_EQ(found, std::vector<std::string>{expected});
}

TEST(Agreement, ThrowsOnAllRanksWhenAnActionFailsOnOne) {
  const int last = world().ranks() - 1;
  const auto action = [&] {
    if (world().rank() == last) throw RequestError("cannot open");
    return 5;
  };
  EXPECT_THROW((void)agreed(world(), action), AgreedError);
  EXPECT_EQ(agreed(world(), [] { return 7; }), 7);
}

}  // namespace
}  // namespace lockstep
