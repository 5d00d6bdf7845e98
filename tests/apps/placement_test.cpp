// SPDX-License-Identifier: MIT
#include "apps/placement.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

using Placements = std::vector<Placement>;

TEST(Placement, SharesCoresEvenlyAmongRanksOfTheSameHost) {
  const std::vector<int> cores{0, 1, 2, 3, 4, 5, 6};
  const Placements placements{{"a", cores, {}}, {"a", cores, {}}, {"a", cores, {}}, {"b", cores, {}}};
  EXPECT_EQ(fair_threads(placements, 0), 2);
  EXPECT_EQ(fair_threads(placements, 2), 2);
  EXPECT_EQ(fair_threads(placements, 3), 7);
}

TEST(Placement, GivesEachRankAtLeastOneThread) {
  const Placements placements(5, Placement{"a", {0, 1}, {}});
  EXPECT_EQ(fair_threads(placements, 4), 1);
}

TEST(Placement, FindsNothingToWarnOfWhenEachRankHasItsOwnCores) {
  const std::vector<int> all{0, 1, 2, 3};
  EXPECT_TRUE(placement_warnings(Placements{{"a", {0, 1}, all}, {"a", {2, 3}, all}}, 0).empty());
  EXPECT_TRUE(placement_warnings(Placements{{"a", {0, 1, 2}, {}}}, 3).empty());
}

TEST(Placement, TellsWhetherAllThreadsOfAHostHaveCores) {
  const std::vector<int> cores{0, 1, 2, 3, 4};
  const Placements placements{{"a", cores, {}}, {"a", cores, {}}, {"b", {0}, {}}};
  EXPECT_TRUE(threads_have_cores(placements, 0, 0));
  EXPECT_TRUE(threads_have_cores(placements, 1, 2));
  EXPECT_FALSE(threads_have_cores(placements, 0, 3));
  EXPECT_TRUE(threads_have_cores(placements, 2, 1));
  EXPECT_FALSE(threads_have_cores(placements, 2, 2));
}

TEST(Placement, WarnsOfMoreThreadsThanCores) {
  const auto warnings = placement_warnings(Placements{{"a", {0, 1, 2}, {}}}, 5);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("5 threads share 3 cores of a"), std::string::npos) << warnings[0];
}

TEST(Placement, WarnsOfMoreRanksThanCores) {
  const auto warnings = placement_warnings(Placements(3, Placement{"a", {0, 1}, {}}), 0);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("3 threads share 2 cores"), std::string::npos) << warnings[0];
}

TEST(Placement, PrintsTheRightLinesWhenMpirunBoundRanksToSingleCores) {
  const std::vector<int> all{0, 1, 2, 3, 4, 5, 6, 7};
  const auto warnings = placement_warnings(Placements{{"a", {0}, all}, {"a", {1}, all}}, 0);
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("bound 2 ranks to 2 of 8 cores"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("mpirun -n 2 --bind-to none"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("srun --mpi=pmix --ntasks=2 --cpus-per-task=4"), std::string::npos) << warnings[0];
}

TEST(Placement, WritesCoresAsRanges) {
  EXPECT_EQ(core_list(std::vector<int>{0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(core_list({}), "");
}

TEST(Placement, KnowsTheCoresOfThisProcess) {
  EXPECT_FALSE(own_placement().cores.empty());
  EXPECT_FALSE(own_placement().host.empty());
}

}  // namespace
}  // namespace lockstep
