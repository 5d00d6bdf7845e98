// SPDX-License-Identifier: MIT
// lockstep train --check-gradients
#pragma once

#include "apps/command.hpp"
#include "core/dataset.hpp"
#include "core/train_config.hpp"

namespace lockstep {

/// Compares backpropagation with finite differences and shows both, as a table and, with `json`, as an object. Returns
/// the exit status. Collective.
[[nodiscard]] int report_gradients(const TrainConfig& config, const Dataset& data, CommandContext& context, bool json);

}  // namespace lockstep
