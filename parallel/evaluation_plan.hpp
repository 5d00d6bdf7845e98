// SPDX-License-Identifier: MIT
// How passes that train nothing are cut: always alike, so that a model's figures do not depend on how it was trained.
#pragma once

#include "core/model.hpp"
#include "parallel/shard_buffers.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {

inline constexpr WorkPlan evaluation_plan{.shard_size = 256};
/// Shards of one window of predictions, over all ranks.
inline constexpr Index window_shards = 64;

/// Room for that many shards at a time, forward only.
[[nodiscard]] ShardStore evaluation_store(const Model& model, Index shards);

/// Back to the targets' own units.
void undo(const AffineTransform& transform, Panel outputs);

}  // namespace lockstep
