// SPDX-License-Identifier: MIT
// Cutting work.
#include "parallel/work_plan.hpp"

#include <algorithm>
#include <bit>

namespace lockstep {

WorkPlan plan_work(Index batch_size, Index shard_size) {
  if (shard_size == 0) {
    const auto eighth = static_cast<std::size_t>(std::max<Index>(1, batch_size / 8));
    shard_size = std::clamp<Index>(static_cast<Index>(std::bit_floor(eighth)), 16, 256);
  }
  return {.shard_size = std::min(shard_size, batch_size)};
}

std::vector<Range> cut(Index size, Index block) {
  std::vector<Range> pieces;
  for (Index begin = 0; begin < size; begin += block)
    pieces.push_back({.begin = begin, .end = std::min(size, begin + block)});
  return pieces;
}

std::vector<Range> forward_pieces(const Layer& layer, const WorkPlan& plan) {
  return cut(layer.outputs(), layer.divisible() ? plan.row_block : layer.outputs());
}

std::vector<Range> backward_pieces(const Layer& layer, const WorkPlan& plan) {
  return cut(layer.inputs(), plan.row_block);
}

}  // namespace lockstep
