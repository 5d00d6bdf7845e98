// SPDX-License-Identifier: MIT
// Scaling as pictures.
#pragma once

#include <vector>

#include "apps/plot.hpp"
#include "apps/scaling_report.hpp"

namespace lockstep {

/// Efficiency and samples/s against workers, strong and weak; seconds and samples/s against ranks, foretold.
[[nodiscard]] std::vector<Plot> scaling_plots(const ScalingFindings& findings);

}  // namespace lockstep
