// SPDX-License-Identifier: MIT
// What the batch-size study measured besides steps to a target: gradients as estimates, their noise, and speed.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "apps/spread.hpp"
#include "apps/study/batch_size_grid.hpp"
#include "apps/study/report.hpp"

namespace lockstep {

/// Columns of a run's metrics that tell of its gradients' noise along training.
inline constexpr std::array<std::string_view, 3> noise_columns{"gradient_variance", "gradient_square",
                                                               "validation_loss"};

/// A plot over batch sizes, both axes logarithmic, still without curves.
[[nodiscard]] Plot batch_plot(std::string name, std::string title, const std::string& y);

/// How fast steps of a batch go on so many ranks and threads.
struct MeasuredSpeed {
  Index batch = 0;
  int ranks = 1;
  int threads = 1;  ///< of each rank
  Spread samples_per_second;
};

/// Variance and bias of minibatch gradients at the end of the run of `record`; null where there is none. Remarks on
/// `largest_useful`, the batch that steps to a target found, or 0.
[[nodiscard]] ReportSection gradient_section(const PointRecord* record, const StudySetting& setting,
                                             Index largest_useful);

/// Epochs [begin, end) over which estimates are averaged: 1, 2, 3 to 4, 5 to 8, ..., counted from 0. The noise of later
/// epochs is larger and wants more steps.
[[nodiscard]] std::vector<Range> noise_windows(Index epochs);

/// The simple noise scale (McCandlish et al. 2018, eq. 2.9) along runs that measured it in every step.
[[nodiscard]] ReportSection noise_section(const BatchSizeGrid& grid, const StudySetting& setting,
                                          const StudyResults& results, Index largest_useful);

/// A measurement that something else disturbed (Spread::is_unsteady) is marked.
[[nodiscard]] ReportSection speed_section(const std::vector<Index>& batches, const std::vector<MeasuredSpeed>& speeds);

}  // namespace lockstep
