// SPDX-License-Identifier: MIT
// Permutations and windows: every row once, in the right window, in no pattern.
#include "core/row_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace lockstep {
namespace {

StreamKey test_key(std::uint64_t epoch = 2) { return stream_key(7, Purpose::shuffle, epoch); }

template <class Order>
std::vector<Index> walk(const Order& order, Index size) {
  std::vector<Index> values;
  for (Index position = 0; position < size; ++position) values.push_back(order(position));
  return values;
}

void expect_all_once(std::vector<Index> values, const std::string& what) {
  std::sort(values.begin(), values.end());
  std::vector<Index> all(values.size());
  std::iota(all.begin(), all.end(), Index{0});
  EXPECT_EQ(values, all) << what;
}

TEST(Permutation, VisitsEachValueOnceWhateverTheSize) {
  for (Index size = 0; size <= 300; ++size)
    expect_all_once(walk(Permutation{size, test_key()}, size), std::to_string(size));
  for (const Index size : {1009, 4096, 4099, 65536, 65537, 99991})
    expect_all_once(walk(Permutation{size, test_key()}, size), std::to_string(size));
}

TEST(Permutation, HasAnInverse) {
  for (const Index size : {1, 2, 3, 7, 16, 17, 1009}) {
    const Permutation permutation{size, test_key()};
    for (Index position = 0; position < size; ++position)
      ASSERT_EQ(permutation.position_of(permutation(position)), position) << size;
  }
}

// From an independent implementation: the order is part of every result.
TEST(Permutation, NeverChanges) {
  EXPECT_EQ(walk(Permutation{13, test_key()}, 13), (std::vector<Index>{1, 11, 6, 5, 10, 9, 4, 12, 8, 3, 2, 7, 0}));
  EXPECT_EQ(walk(Permutation{1'000'003, test_key(), 5}, 5),
            (std::vector<Index>{242611, 452896, 901999, 989841, 939295}));
}

TEST(Permutation, IsAnotherForEachKeyAndNumber) {
  const std::vector<Index> one = walk(Permutation{1009, test_key(1)}, 1009);
  EXPECT_NE(one, walk(Permutation{1009, test_key(2)}, 1009));
  EXPECT_NE(one, walk(Permutation{1009, test_key(1), 1}, 1009));
}

/// Pearson's statistic of counts that should be equal.
double chi_squared(const std::vector<Index>& counts) {
  const double expected =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), Index{0})) / static_cast<double>(counts.size());
  double sum = 0;
  for (const Index count : counts) sum += std::pow(static_cast<double>(count) - expected, 2) / expected;
  return sum;
}

/// What a chi-squared variable of so many cells exceeds about once in 30,000 samples (four standard deviations).
double chi_squared_limit(std::size_t cells) {
  const auto freedom = static_cast<double>(cells - 1);
  return freedom + 4 * std::sqrt(2 * freedom);
}

TEST(Permutation, PutsEachValueAtEachPositionEquallyOften) {
  constexpr Index size = 11;
  std::vector<Index> counts(size * size);
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) {
    const Permutation permutation{size, test_key(epoch)};
    for (Index position = 0; position < size; ++position)
      ++counts[static_cast<std::size_t>(position * size + permutation(position))];
  }
  EXPECT_LT(chi_squared(counts), chi_squared_limit(counts.size()));
}

TEST(Permutation, OrdersThreeValuesInAllWaysEquallyOften) {
  std::vector<Index> counts(6);
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) {
    const Permutation permutation{3, test_key(epoch)};
    ++counts[static_cast<std::size_t>(2 * permutation(0) + (permutation(1) > permutation(2) ? 1 : 0))];
  }
  EXPECT_LT(chi_squared(counts), chi_squared_limit(counts.size()));
}

TEST(Permutation, LeavesNoPatternBetweenNeighbours) {
  constexpr Index size = 60'000;
  constexpr Index cells = 50;
  for (const Index distance : {1, 2, 245, 1000}) {
    std::vector<Index> counts(cells);
    const Permutation permutation{size, test_key()};
    for (Index position = 0; position + distance < size; ++position) {
      const Index difference = (permutation(position + distance) - permutation(position) + size) % size;
      ++counts[static_cast<std::size_t>(difference * cells / size)];
    }
    EXPECT_LT(chi_squared(counts), chi_squared_limit(counts.size())) << distance;
  }
}

TEST(RowOrder, IsOnePermutationForRandomAccess) {
  const Permutation permutation{97, test_key()};
  for (const ReadPattern pattern :
       {ReadPattern{}, ReadPattern{.block = 5, .window = 0}, ReadPattern{1, 1}, ReadPattern{.block = 10, .window = 10}})
    EXPECT_EQ(walk(RowOrder{97, pattern, test_key()}, 97), walk(permutation, 97));
}

TEST(RowOrder, VisitsEachRowOnceForEachPattern) {
  for (Index rows = 0; rows <= 90; ++rows) {
    for (Index block = 1; block <= 9; ++block) {
      for (Index window = 0; window <= 5; ++window) {
        const RowOrder order{rows, {block, window}, test_key(static_cast<std::uint64_t>(rows))};
        expect_all_once(walk(order, rows),
                        std::to_string(rows) + " rows, " + std::to_string(block) + " x " + std::to_string(window));
      }
    }
  }
}

/// Cuts a walk into windows: a new one begins when a block beyond `window` distinct ones appears.
std::vector<std::set<Index>> blocks_by_window(const std::vector<Index>& rows, ReadPattern pattern) {
  std::vector<std::set<Index>> windows(1);
  for (const Index row : rows) {
    const Index block = row / pattern.block;
    if (!windows.back().contains(block) && static_cast<Index>(windows.back().size()) == pattern.window)
      windows.emplace_back();
    windows.back().insert(block);
  }
  return windows;
}

TEST(RowOrder, FinishesTheBlocksOfOneWindowBeforeTheNext) {
  constexpr Index rows = 131;  // 19 blocks of 7, the last of 5
  constexpr ReadPattern pattern{.block = 7, .window = 4};
  std::set<std::size_t> windows_of_short_block;
  for (std::uint64_t epoch = 0; epoch < 40; ++epoch) {
    const auto windows = blocks_by_window(walk(RowOrder{rows, pattern, test_key(epoch)}, rows), pattern);
    ASSERT_EQ(windows.size(), 5U) << epoch;
    std::size_t blocks = 0;
    for (std::size_t window = 0; window < windows.size(); ++window) {
      blocks += windows[window].size();
      if (windows[window].contains(18)) windows_of_short_block.insert(window);
    }
    EXPECT_EQ(blocks, 19U) << "a block is read in two windows, epoch " << epoch;
  }
  EXPECT_EQ(windows_of_short_block.size(), 5U) << "the short block does not land in every window";
}

TEST(RowOrder, MixesTheRowsInsideAWindow) {
  constexpr Index rows = 40 * 25;
  const std::vector<Index> order = walk(RowOrder{rows, {.block = 25, .window = 8}, test_key()}, rows);
  Index same_block = 0;
  for (std::size_t i = 1; i < order.size(); ++i) same_block += order[i] / 25 == order[i - 1] / 25 ? 1 : 0;
  // One pair in eight, give or take five standard deviations.
  EXPECT_NEAR(static_cast<double>(same_block), 1000 / 8.0, 5 * std::sqrt(1000 * 7 / 64.0));
}

TEST(RowOrder, IsAnotherInEachEpoch) {
  const ReadPattern pattern{.block = 7, .window = 4};
  EXPECT_NE(walk(RowOrder{131, pattern, test_key(1)}, 131), walk(RowOrder{131, pattern, test_key(2)}, 131));
}

}  // namespace
}  // namespace lockstep
