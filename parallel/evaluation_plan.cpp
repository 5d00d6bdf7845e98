// SPDX-License-Identifier: MIT
// Memory for forward passes, and what is done to their outputs.
#include "parallel/evaluation_plan.hpp"

namespace lockstep {

ShardStore evaluation_store(const Model& model, Index shards) {
  return {model.network,
          {.shards = shards,
           .shard_size = evaluation_plan.shard_size,
           .target_values = model.task == Task::regression ? model.network.spec().outputs : 0,
           .training = false}};
}

void undo(const AffineTransform& transform, Panel outputs) {
  if (transform.factor.empty()) return;
  for (Index column = 0; column < outputs.columns; ++column)
    for (Index row = 0; row < outputs.rows; ++row) {
      Scalar& value = outputs.column(column)[row];
      value = value / transform.factor[static_cast<std::size_t>(row)] + transform.shift[static_cast<std::size_t>(row)];
    }
}

}  // namespace lockstep
