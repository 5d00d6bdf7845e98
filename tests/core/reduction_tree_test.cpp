// SPDX-License-Identifier: MIT
#include "core/reduction_tree.hpp"

#include <gtest/gtest.h>

#include <string>

namespace lockstep {
namespace {

/// Sums that remember how they were added: "((0+1)+2)".
struct Spelled {
  std::vector<std::string> slots{64};
  void add(int into, int from) {
    auto& left = slots[static_cast<std::size_t>(into)];
    left = '(' + left + '+' + slots[static_cast<std::size_t>(from)] + ')';
  }
};

std::string spelled_alone(Index leaves) {
  Spelled sums;
  TreeCounter counter;
  for (Index leaf = 0; leaf < leaves; ++leaf) {
    sums.slots[static_cast<std::size_t>(counter.depth())] = std::to_string(leaf);
    counter.push({.level = 0, .start = leaf}, sums);
  }
  counter.finish(sums);
  return sums.slots[0];
}

/// Each rank adds its own leaves; the owner goes on with all ranks' blocks.
std::string spelled_by_ranks(Index leaves, int ranks) {
  Spelled owner;
  TreeCounter owner_counter;
  for (int rank = 0; rank < ranks; ++rank) {
    const Range range = leaves_of_rank(leaves, rank, ranks);
    Spelled sums;
    TreeCounter counter;
    for (Index leaf = range.begin; leaf < range.end; ++leaf) {
      EXPECT_LT(counter.depth(), deepest_stack(leaves));
      sums.slots[static_cast<std::size_t>(counter.depth())] = std::to_string(leaf);
      counter.push({.level = 0, .start = leaf}, sums);
    }
    const auto blocks = maximal_blocks(range);
    EXPECT_EQ(counter.waiting(), blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      owner.slots[static_cast<std::size_t>(owner_counter.depth())] = sums.slots[i];
      owner_counter.push(blocks[i], owner);
    }
  }
  owner_counter.finish(owner);
  return owner.slots[0];
}

TEST(TreeCounter, AddsSiblingsFirstAndTheRestFromTheRight) {
  EXPECT_EQ(spelled_alone(1), "0");
  EXPECT_EQ(spelled_alone(3), "((0+1)+2)");
  EXPECT_EQ(spelled_alone(4), "((0+1)+(2+3))");
  EXPECT_EQ(spelled_alone(7), "(((0+1)+(2+3))+((4+5)+6))");
}

TEST(TreeCounter, AddsInTheSameOrderOnAnyNumberOfRanks) {
  for (Index leaves = 1; leaves <= 41; ++leaves) {
    const std::string alone = spelled_alone(leaves);
    for (int ranks = 1; ranks <= 19; ++ranks) EXPECT_EQ(spelled_by_ranks(leaves, ranks), alone) << ranks << " ranks";
  }
}

TEST(MaximalBlocks, TileTheirRange) {
  const std::vector<TreeBlock> expected{{0, 1}, {1, 2}, {1, 4}, {0, 6}};
  EXPECT_EQ(maximal_blocks({1, 7}), expected);
  EXPECT_TRUE(maximal_blocks({5, 5}).empty());
}

TEST(LeavesOfRank, AreContiguousAndComplete) {
  Index next = 0;
  for (int rank = 0; rank < 7; ++rank) {
    const Range range = leaves_of_rank(23, rank, 7);
    EXPECT_EQ(range.begin, next);
    next = range.end;
  }
  EXPECT_EQ(next, 23);
}

}  // namespace
}  // namespace lockstep
