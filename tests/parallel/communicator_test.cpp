// SPDX-License-Identifier: MIT
#include "parallel/communicator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <thread>

#include "parallel/leading_ranks.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/timed_communicator.hpp"
#include "support/mpi_world.hpp"

namespace lockstep {
namespace {

using test::world;

/// What rank `from` sends to rank `to`: as many numbers as both of them make, each telling where it belongs.
std::vector<int> message(int from, int to) {
  std::vector<int> numbers;
  for (int i = 0; i < 3 * from + 5 * to; ++i) numbers.push_back(10000 * from + 100 * to + i);
  return numbers;
}

/// `numbers` in two pieces.
Pieces pieces_of(std::vector<int>& numbers, Index first) {
  return {writable_bytes_of(numbers.data(), first),
          writable_bytes_of(numbers.data() + first, static_cast<Index>(numbers.size()) - first)};
}

TEST(Communicator, BringsEachMessageToItsRank) {
  Communicator& ranks = world();
  std::vector<std::vector<int>> outgoing;
  std::vector<std::vector<int>> incoming;
  std::vector<ConstPieces> send;
  std::vector<Pieces> receive;
  for (int rank = 0; rank < ranks.ranks(); ++rank) {
    outgoing.push_back(message(ranks.rank(), rank));
    incoming.emplace_back(message(rank, ranks.rank()).size());
  }
  for (const std::vector<int>& numbers : outgoing) {
    const auto count = static_cast<Index>(numbers.size());
    send.push_back({bytes_of(numbers.data(), count / 3), bytes_of(numbers.data() + count / 3, count - count / 3)});
  }
  for (std::vector<int>& numbers : incoming)
    receive.push_back(pieces_of(numbers, static_cast<Index>(numbers.size()) / 3));
  ranks.all_to_all(send, receive)->wait();
  for (int rank = 0; rank < ranks.ranks(); ++rank)
    EXPECT_EQ(incoming[static_cast<std::size_t>(rank)], message(rank, ranks.rank())) << "from rank " << rank;
}

/// Ranks begin the exchanges of three lanes in different orders, two in each, and wait for them in yet another.
void expect_lanes_to_pass_each_other(Communicator& ranks) {
  constexpr std::array lanes{Lane::usual, Lane::gradients, Lane::parameters};
  const auto count = static_cast<std::size_t>(ranks.ranks());
  const auto value = [](std::size_t lane, int round, int rank) {
    return static_cast<int>(lane) * 1000 + round * 100 + rank;
  };
  std::array<std::array<std::vector<int>, 2>, lanes.size()> values;
  std::vector<std::unique_ptr<Transfer>> transfers;
  for (int round = 0; round < 2; ++round)
    for (std::size_t k = 0; k < lanes.size(); ++k) {
      const std::size_t lane =
          (k * (ranks.rank() % 2 == 0 ? 1 : 2) + static_cast<std::size_t>(ranks.rank())) % lanes.size();
      std::vector<int>& numbers = values[lane][static_cast<std::size_t>(round)];
      numbers.assign(count, value(lane, round, ranks.rank()));
      std::vector<Pieces> parts;
      for (int& number : numbers) parts.push_back({writable_bytes_of(&number, 1)});
      transfers.push_back(ranks.all_gather(parts, lanes[lane]));
    }
  while (!transfers.front()->test()) std::this_thread::yield();
  for (std::size_t k = transfers.size(); k > 0; --k) transfers[k - 1]->wait();
  for (std::size_t lane = 0; lane < lanes.size(); ++lane)
    for (int round = 0; round < 2; ++round)
      for (int rank = 0; rank < ranks.ranks(); ++rank)
        EXPECT_EQ(values[lane][static_cast<std::size_t>(round)][static_cast<std::size_t>(rank)],
                  value(lane, round, rank))
            << "round " << round << " of lane " << lane << " from rank " << rank;
}

TEST(Communicator, LanesPassEachOther) {
  expect_lanes_to_pass_each_other(world());
  TimedCommunicator timed{world()};
  expect_lanes_to_pass_each_other(timed);
  LeadingRanks all{world(), world().ranks()};
  expect_lanes_to_pass_each_other(all);
}

TEST(Communicator, GathersByWayOfHosts) {
  for (int each = 1; each <= world().ranks(); ++each) {
    if (world().ranks() % each != 0) continue;
    SCOPED_TRACE(std::to_string(each) + " ranks on each host");
    Communicator& ranks = test::by_hosts(each);
    ASSERT_NE(ranks.hosts(), nullptr);
    EXPECT_EQ(ranks.hosts()->within.ranks(), each);
    EXPECT_EQ(ranks.hosts()->across.rank(), world().rank() / each);
    expect_lanes_to_pass_each_other(ranks);
    TimedCommunicator timed{ranks};
    expect_lanes_to_pass_each_other(timed);
  }
}

TEST(Communicator, RefusesHostsThatRanksDoNotFill) {
  EXPECT_THROW((void)test::by_hosts(world().ranks() + 1), RequestError);
}

TEST(Communicator, GroupsExchangeSideBySide) {
  Communicator& ranks = world();
  const int number = ranks.rank() % 2;
  Communicator& group = test::group(number);
  ASSERT_EQ(group.ranks(), (ranks.ranks() + 1 - number) / 2);
  ASSERT_EQ(group.rank(), ranks.rank() / 2);
  // The groups make different numbers of exchanges, and all meet again.
  for (int round = 0; round < 3 + 40 * number; ++round) {
    const std::vector<int> numbers = gather_each(1000 * round + ranks.rank(), group);
    for (int member = 0; member < group.ranks(); ++member)
      ASSERT_EQ(numbers[static_cast<std::size_t>(member)], 1000 * round + 2 * member + number);
  }
  const std::vector<int> all = gather_each(ranks.rank(), ranks);
  for (int rank = 0; rank < ranks.ranks(); ++rank) EXPECT_EQ(all[static_cast<std::size_t>(rank)], rank);
}

TEST(Communicator, BringsPiecesOfAnyLengthToTheirPlaces) {
  // Short ones, which travel together, more than one message of them; and long ones, some of several messages.
  std::vector<Index> lengths{1, 5003, 0, 70001, 3};
  for (Index i = 0; i < 41; ++i) lengths.push_back(4001 + i % 7);
  lengths.push_back(33013);
  Communicator& ranks = world();
  std::vector<std::vector<int>> parts;
  std::vector<Pieces> pieces(static_cast<std::size_t>(ranks.ranks()));
  const auto number = [](int rank, std::size_t i) { return 1000 * static_cast<int>(i) + rank; };
  for (int rank = 0; rank < ranks.ranks(); ++rank) {
    std::vector<int>& part =
        parts.emplace_back(static_cast<std::size_t>(std::accumulate(lengths.begin(), lengths.end(), Index{0})));
    for (std::size_t i = 0; i < part.size(); ++i) part[i] = rank == ranks.rank() ? number(rank, i) : -1;
    int* place = part.data();
    for (const Index length : lengths) {
      pieces[static_cast<std::size_t>(rank)].push_back(writable_bytes_of(place, length));
      place += length;
    }
  }
  ranks.all_gather(pieces)->wait();
  for (int rank = 0; rank < ranks.ranks(); ++rank)
    for (std::size_t i = 0; i < parts[0].size(); ++i)
      ASSERT_EQ(parts[static_cast<std::size_t>(rank)][i], number(rank, i)) << "of rank " << rank;
}

TEST(Communicator, GathersEachRanksPartInPlace) {
  Communicator& ranks = world();
  std::vector<std::vector<int>> parts;
  for (int rank = 0; rank < ranks.ranks(); ++rank) {
    std::vector<int> expected = message(rank, 1);
    parts.push_back(rank == ranks.rank() ? expected : std::vector<int>(expected.size()));
  }
  std::vector<Pieces> pieces;
  for (std::vector<int>& part : parts)
    pieces.push_back({writable_bytes_of(part.data(), static_cast<Index>(part.size()))});
  const auto transfer = ranks.all_gather(pieces);
  while (!transfer->test()) {
  }
  transfer->wait();
  for (int rank = 0; rank < ranks.ranks(); ++rank)
    EXPECT_EQ(parts[static_cast<std::size_t>(rank)], message(rank, 1)) << "of rank " << rank;
}

/// Puts the usual timeout back.
class ShortTimeout {
 public:
  explicit ShortTimeout(double seconds) { test::set_timeout(seconds); }
  ~ShortTimeout() { test::set_timeout(60); }
  ShortTimeout(const ShortTimeout&) = delete;
  ShortTimeout& operator=(const ShortTimeout&) = delete;
};

TEST(Communicator, WaitsForARankThatIsOnlySlow) {
  const ShortTimeout timeout{1};
  for (int slow = 0; slow < std::min(2, world().ranks()); ++slow) {
    // Twice the timeout away from the communicator, as if writing a checkpoint.
    if (world().rank() == slow) std::this_thread::sleep_for(std::chrono::seconds{2});
    EXPECT_FALSE(any_rank(false, world())) << "rank " << slow << " was slow";
  }
}

/// Run by a CTest of its own: the ranks cannot meet again afterwards.
TEST(Communicator, GivesUpWhenAllRanksWaitForSomethingElse) {
  if (std::getenv("LOCKSTEP_TEST_ELSEWHERE") == nullptr) return;
  const ShortTimeout timeout{1};
  std::vector<std::byte> parts(static_cast<std::size_t>(world().ranks()));
  std::vector<Pieces> pieces;
  for (int rank = 0; rank < world().ranks(); ++rank) {
    // Each believes that all others have something to send, and nobody has.
    const std::size_t size = rank == world().rank() ? 0 : 1;
    pieces.push_back({std::span{parts}.subspan(static_cast<std::size_t>(rank), size)});
  }
  const auto transfer = world().all_gather(pieces);
  try {
    transfer->wait();
  } catch (const MissingRanksError& failure) {
    std::fprintf(stderr, "gave up: %s\n", failure.at("a test").what());
    std::_Exit(EXIT_FAILURE);
  }
}

TEST(MissingRanks, AreNamedWithThePlacesWhereTheyWereMissed) {
  const MissingRanksError silent{{2}, MissingRanksError::Sign::silent, 1.5};
  EXPECT_EQ(std::string{silent.at("gradients of layer hidden1").at("step 12").what()},
            "rank 2 did not arrive and gave no sign of life for 1.5 s: gradients of layer hidden1, step 12");
  const MissingRanksError elsewhere{{0, 3}, MissingRanksError::Sign::elsewhere, 120};
  EXPECT_EQ(std::string{elsewhere.what()},
            "ranks 0, 3 did not arrive: they are alive, but for 120 s waiting for something else");
  EXPECT_EQ(elsewhere.at("evaluation").ranks(), (std::vector<int>{0, 3}));
}

/// Sums whose order shows in their bits.
std::vector<double> ordered_total(Index leaves, Communicator& communicator, int threads) {
  Workers workers{threads};
  return sum_over_leaves(leaves, 2, communicator, workers, [](Index leaf, Index, std::span<double> values) {
    values[0] = 1.0 / static_cast<double>(3 + 7 * leaf);
    values[1] = static_cast<double>(leaf);
  });
}

TEST(OrderedSum, HasTheBitsOfOneRankAlone) {
  SerialCommunicator alone;
  for (const Index leaves : {1, 2, 3, 13, 64, 101}) {
    const std::vector<double> expected = ordered_total(leaves, alone, 1);
    EXPECT_EQ(expected[1], static_cast<double>(leaves * (leaves - 1) / 2));
    EXPECT_EQ(ordered_total(leaves, world(), 3), expected) << leaves << " leaves";
  }
}

TEST(Communicator, KeepsSeveralExchangesUnderWayApart) {
  Communicator& ranks = world();
  const auto count = static_cast<std::size_t>(ranks.ranks());
  constexpr std::size_t exchanges = 5;
  std::vector<std::vector<int>> numbers;
  std::vector<std::unique_ptr<Transfer>> transfers;
  for (std::size_t exchange = 0; exchange < exchanges; ++exchange)
    numbers.emplace_back(count, static_cast<int>(100 * exchange) + ranks.rank());
  for (std::vector<int>& each : numbers) {
    std::vector<Pieces> parts;
    for (int& number : each) parts.push_back({writable_bytes_of(&number, 1)});
    transfers.push_back(ranks.all_gather(parts));
  }
  for (std::size_t exchange = exchanges; exchange > 0; --exchange) transfers[exchange - 1]->wait();
  for (std::size_t exchange = 0; exchange < exchanges; ++exchange)
    for (std::size_t rank = 0; rank < count; ++rank)
      EXPECT_EQ(numbers[exchange][rank], static_cast<int>(100 * exchange + rank));
}

TEST(OrderedSum, BringsVotesAndNanToEveryRank) {
  constexpr Index leaves = 13;
  for (const bool vote : {false, true}) {
    OrderedSum sum{leaves, 2, world()};
    for (Index leaf = sum.own_leaves().begin; leaf < sum.own_leaves().end; ++leaf)
      sum.push(std::vector<double>{leaf == 7 ? std::nan("") : 1.0, 2.0});
    sum.start(world(), vote && world().rank() == 0);
    const OrderedSum::Total total = sum.finish();
    EXPECT_TRUE(std::isnan(total.sums[0]));
    EXPECT_EQ(total.sums[1], 26);
    EXPECT_EQ(total.vote, vote);
  }
}

TEST(LeastOfRanks, IsTheSameEverywhere) {
  EXPECT_EQ(least_of_ranks(100 - world().rank(), world()), 101 - world().ranks());
}

TEST(AnyRank, IsTrueWhenOneRankVotesYes) {
  EXPECT_FALSE(any_rank(false, world()));
  EXPECT_TRUE(any_rank(world().rank() == world().ranks() - 1, world()));
}

}  // namespace
}  // namespace lockstep
