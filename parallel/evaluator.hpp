// SPDX-License-Identifier: MIT
// A model over data: its metrics, its predictions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/dataset.hpp"
#include "core/metrics.hpp"
#include "core/model.hpp"
#include "parallel/communicator.hpp"
#include "parallel/shard_pass.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// Every reason why this model cannot read these data (features, classes, targets), one sentence each. Pure.
[[nodiscard]] std::vector<std::string> problems(const Model& model, const DatasetInfo& data);

/// Metrics over all samples of `data`. Collective; the same bits for any number of ranks and threads.
/// `progress(done, total)` is called on every rank now and then.
[[nodiscard]] Metrics evaluate(const Model& model, const Dataset& data, Communicator& communicator, Workers& workers,
                               const std::function<void(Index, Index)>& progress = {});

/// The same over chosen rows: `samples` positions, of which `row_of(position)` are the rows.
[[nodiscard]] Metrics evaluate_rows(const Model& model, const Samples& samples, Communicator& communicator,
                                    Workers& workers, const std::function<void(Index, Index)>& progress = {});

/// Outputs for all samples, in order, in windows: `sink(first_row, outputs)` on every rank, outputs being (outputs x
/// rows of the window), regression in the target's own units. Collective; the same bits likewise.
void predict(const Model& model, const Dataset& data, Communicator& communicator, Workers& workers,
             const std::function<void(Index first_row, ConstPanel outputs)>& sink);

}  // namespace lockstep
