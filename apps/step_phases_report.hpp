// SPDX-License-Identifier: MIT
// What bounds the steps of several cases, for people.
#pragma once

#include <string>
#include <vector>

#include "parallel/step_phases.hpp"

namespace lockstep {

/// One row of the report.
struct PhasedCase {
  std::string net;
  Index batch_size = 0;
  StepPhases measured;
};

/// A row for each case, a column for each phase that took time in one of them: "28 % at 61 %" of the time, at what part
/// of the peak. `cases` is not empty.
[[nodiscard]] std::string phases_table(const std::vector<PhasedCase>& cases);

}  // namespace lockstep
