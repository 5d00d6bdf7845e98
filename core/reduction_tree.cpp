// SPDX-License-Identifier: MIT
// Blocks of the reduction tree.
#include "core/reduction_tree.hpp"

#include <bit>

namespace lockstep {

std::vector<TreeBlock> maximal_blocks(Range range) {
  std::vector<TreeBlock> blocks;
  for (Index start = range.begin; start < range.end;) {
    int level = 0;
    while (start % (Index{2} << level) == 0 && start + (Index{2} << level) <= range.end) ++level;
    blocks.push_back({.level = level, .start = start});
    start += Index{1} << level;
  }
  return blocks;
}

Range leaves_of_rank(Index leaves, int rank, int ranks) {
  return {.begin = leaves * rank / ranks, .end = leaves * (rank + 1) / ranks};
}

namespace {

bool are_siblings(const TreeBlock& left, const TreeBlock& right) noexcept {
  return left.level == right.level && left.end() == right.start && left.start % (Index{2} << left.level) == 0;
}

}  // namespace

bool TreeCounter::top_two_are_siblings() const noexcept {
  return waiting_.size() >= 2 && are_siblings(waiting_[waiting_.size() - 2], waiting_.back());
}

bool TreeCounter::has_sibling_of(TreeBlock block) const noexcept {
  return !waiting_.empty() && are_siblings(waiting_.back(), block);
}

int deepest_stack(Index leaves) {
  // An unaligned range leaves rising blocks and then falling ones: at most one of each level on either side.
  return 2 * static_cast<int>(std::bit_width(static_cast<std::size_t>(leaves))) + 1;
}

}  // namespace lockstep
