// SPDX-License-Identifier: MIT
#include "apps/agreement.hpp"

#include <fmt/format.h>
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

TEST(Agreement, CarriesAnyBytes) {
  const std::string latin1{
      "stra\xDF"
      "e\0 end",
      11};
  EXPECT_EQ(problems_agreed({latin1, ""}), (std::vector<std::string>{latin1, ""}));
}

TEST(Agreement, NamesTheRanksThatHaveOtherTextsThanTheFirst) {
  EXPECT_NO_THROW(require_same_on_all_ranks(world(), "the data", "abc"));
  const std::string mine = world().rank() == 0 ? "abc" : "abd";
  if (world().ranks() == 1) return;
  try {
    require_same_on_all_ranks(world(), "the data", mine);
    FAIL() << "was accepted";
  } catch (const AgreedError& failure) {
    const std::string ranks = world().ranks() == 2 ? "rank 1 has" : "ranks 1, 2 have";
    EXPECT_NE(
        std::string{failure.what()}.find("the data differ between ranks: rank 0 has 'abc', but " + ranks + " 'abd'"),
        std::string::npos)
        << failure.what();
  }
}

TEST(Agreement, MakesAFaultOfTheFirstRankOneOfAll) {
  EXPECT_NO_THROW(agree_on_fault_of_first(world(), world().rank() == 0 ? "" : "not asked"));
  EXPECT_THROW(agree_on_fault_of_first(world(), world().rank() == 0 ? "disk full" : ""), AgreedFault);
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

TEST(RequireSameCommand, RefusesRanksThatWereStartedOtherwise) {
  const int last = world().ranks() - 1;
  const bool other = world().rank() == last && last > 0;
  EXPECT_NO_THROW(
      require_same_command(world(), {"train", "--threads", std::to_string(world().rank() + 1), "--seed=3"}));
  EXPECT_NO_THROW(require_same_command(world(), {"train", other ? "--threads=7" : "--threads=5"}));
  if (last == 0) return;
  try {
    require_same_command(world(), {"train", "--seed", other ? "4" : "3"});
    FAIL() << "the difference was not found";
  } catch (const AgreedError& error) {
    EXPECT_STREQ(
        error.what(),
        fmt::format("ranks were started with different arguments: rank 0 with 'train --seed 3', but rank {} with "
                    "'train --seed 4'; start all with the same (--threads may differ)",
                    last)
            .c_str());
  }
}

}  // namespace
}  // namespace lockstep
