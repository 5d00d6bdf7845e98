// SPDX-License-Identifier: MIT
// The one order in which shards are added, whoever computed them.
#pragma once

#include <vector>

#include "core/types.hpp"

namespace lockstep {

/// A complete subtree: leaves [start, start + 2^level), start a multiple of 2^level.
struct TreeBlock {
  int level = 0;
  Index start = 0;

  [[nodiscard]] constexpr Index end() const noexcept { return start + (Index{1} << level); }
  friend bool operator==(const TreeBlock&, const TreeBlock&) = default;
};

/// The maximal aligned blocks that tile leaves [range.begin, range.end): what their owner can add up alone.
/// [1, 7) gives 1 | 2-3 | 4-5 | 6.
[[nodiscard]] std::vector<TreeBlock> maximal_blocks(Range range);

/// The leaves that rank `rank` of `ranks` computes: [leaves * rank / ranks, leaves * (rank + 1) / ranks).
[[nodiscard]] Range leaves_of_rank(Index leaves, int rank, int ranks);

/// The binary counter: push blocks left to right, and it says which sums to add.
///
/// Each entry of the stack is a slot number chosen by the caller's `Sums` object, which has
///   void add(int into, int from);   // into += from
/// Slots are numbered from the bottom of the stack: slot k holds the k-th waiting block.
/// `push(block, sums)` is called after the caller has put the block's sum in slot `depth()`; it adds siblings
/// (equal level, neighbours under one parent) at once. `finish(sums)` adds what remains, from the right, into slot 0.
class TreeCounter {
 public:
  [[nodiscard]] int depth() const noexcept { return static_cast<int>(waiting_.size()); }
  [[nodiscard]] const std::vector<TreeBlock>& waiting() const noexcept { return waiting_; }

  /// True when pushing `block` adds it to the block on top.
  [[nodiscard]] bool has_sibling_of(TreeBlock block) const noexcept;

  template <class Sums>
  void push(TreeBlock block, Sums&& sums) {
    waiting_.push_back(block);
    while (top_two_are_siblings()) {
      sums.add(depth() - 2, depth() - 1);
      waiting_.pop_back();
      ++waiting_.back().level;
    }
  }

  template <class Sums>
  void finish(Sums&& sums) {
    while (depth() > 1) {
      sums.add(depth() - 2, depth() - 1);
      waiting_.pop_back();
    }
    waiting_.clear();
  }

 private:
  [[nodiscard]] bool top_two_are_siblings() const noexcept;
  std::vector<TreeBlock> waiting_;
};

/// The deepest stack that pushing the blocks of any [begin, end) within `leaves` leaves can reach, the incoming one
/// included.
[[nodiscard]] int deepest_stack(Index leaves);

}  // namespace lockstep
