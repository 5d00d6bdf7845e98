// SPDX-License-Identifier: MIT
// What the batch-size study measured besides steps to a target: gradients as estimates, their noise, and speed.
#pragma once

#include <vector>

#include "apps/study/batch_size_grid.hpp"
#include "apps/study/report.hpp"

namespace lockstep {

inline constexpr const char* batch_axis = "batch size (samples, logarithmic)";

/// How fast steps of a batch go on so many ranks and threads.
struct MeasuredSpeed {
  Index batch = 0;
  int ranks = 1;
  int threads = 1;  ///< of each rank
  double samples_per_second = 0;
};

/// Variance and bias of minibatch gradients at the end of the run of `record`; null where there is none. Remarks on
/// `largest_useful`, the batch that steps to a target found, or 0.
[[nodiscard]] ReportSection gradient_section(const PointRecord* record, const StudySetting& setting,
                                             Index largest_useful);

/// The simple noise scale (McCandlish et al. 2018, eq. 2.9) at the ends of runs of 1, 2, 4, ... epochs.
[[nodiscard]] ReportSection noise_section(const BatchSizeGrid& grid, const StudySetting& setting,
                                          const StudyResults& results, Index largest_useful);

[[nodiscard]] ReportSection speed_section(const std::vector<Index>& batches, const std::vector<MeasuredSpeed>& speeds);

}  // namespace lockstep
