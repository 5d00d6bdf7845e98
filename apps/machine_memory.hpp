// SPDX-License-Identifier: MIT
// Whether a network fits into this host before anything is allocated or written.
#pragma once

#include <string>

#include "core/network.hpp"
#include "core/optimizer.hpp"

namespace lockstep {

/// Parameters of a network of that form. A double, for a slip of the pen can ask for more than an integer holds.
[[nodiscard]] double parameter_count(const NetworkSpec& spec);

/// Why ranks of one host, `ranks` of them here and `all_ranks` in all, cannot train this network within `memory` bytes,
/// or "". Counts what cannot be less: parameters and gradients on each rank, and each rank's slice of the optimizer's
/// state.
[[nodiscard]] std::string memory_problem(const NetworkSpec& spec, Optimizer optimizer, int ranks, int all_ranks,
                                         double memory);

}  // namespace lockstep
