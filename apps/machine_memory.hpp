// SPDX-License-Identifier: MIT
// Whether a network fits into this host before anything is allocated or written.
#pragma once

#include <string>

#include "core/network.hpp"
#include "core/train_config.hpp"

namespace lockstep {

/// Parameters of a network of that form. A double, for a slip of the pen can ask for more than an integer holds.
[[nodiscard]] double parameter_count(const NetworkSpec& spec);

/// Why ranks of one host, `ranks` of them here and `all_ranks` in all, cannot train this network as `config` says
/// within `memory` bytes, or "". Counts what cannot be less: on each rank the parameters, their copies in other forms,
/// and the gradient on its way; each rank's slice of the optimizer's state.
[[nodiscard]] std::string memory_problem(const NetworkSpec& spec, const TrainConfig& config, int ranks, int all_ranks,
                                         double memory);

}  // namespace lockstep
