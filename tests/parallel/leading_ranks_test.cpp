// SPDX-License-Identifier: MIT
// Some ranks exchange among themselves while the others wait.
#include "parallel/leading_ranks.hpp"

#include <gtest/gtest.h>

#include "support/mpi_world.hpp"

namespace lockstep {
namespace {

TEST(LeadingRanks, GatherWhatEachOfThemHas) {
  Communicator& world = test::world();
  for (int ranks = 1; ranks <= world.ranks(); ++ranks) {
    if (world.rank() < ranks) {
      LeadingRanks some{world, ranks};
      EXPECT_EQ(some.ranks(), ranks);
      std::vector<int> expected;
      for (int rank = 0; rank < ranks; ++rank) expected.push_back(7 * rank + 3);
      EXPECT_EQ(gather_each(7 * world.rank() + 3, some), expected);
    }
    (void)gather_each(0, world);
  }
}

TEST(LeadingRanks, SendEachOtherWhatIsMeantForEach) {
  Communicator& world = test::world();
  const int ranks = (world.ranks() + 1) / 2;
  if (world.rank() < ranks) {
    LeadingRanks some{world, ranks};
    const auto count = static_cast<std::size_t>(ranks);
    std::vector<int> out(count);
    std::vector<int> in(count, -1);
    std::vector<ConstPieces> send(count);
    std::vector<Pieces> receive(count);
    for (std::size_t to = 0; to < count; ++to) {
      out[to] = 100 * world.rank() + static_cast<int>(to);
      send[to] = {bytes_of(&out[to], 1)};
      receive[to] = {writable_bytes_of(&in[to], 1)};
    }
    some.all_to_all(send, receive, Lane::usual)->wait();
    for (int from = 0; from < ranks; ++from) EXPECT_EQ(in[static_cast<std::size_t>(from)], 100 * from + world.rank());
  }
  (void)gather_each(0, world);
}

}  // namespace
}  // namespace lockstep
