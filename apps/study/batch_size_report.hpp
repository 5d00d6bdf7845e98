// SPDX-License-Identifier: MIT
// What the batch-size study shows.
#pragma once

#include <vector>

#include "apps/study/batch_size_grid.hpp"
#include "apps/study/batch_size_measurements.hpp"
#include "apps/study/report.hpp"

namespace lockstep {

/// Steps to the target by batch, and where its regimes end.
struct BatchRegimes {
  struct Row {
    Index batch = 0;
    Estimate steps;
    std::size_t reached = 0;  ///< runs that came to the target
  };
  std::vector<Row> rows;  ///< of batches whose runs all came to the target
  /// Steps are saved nearly in proportion (Shallue et al. 2019, section 4.1): the largest batch up to which samples to
  /// the target are at most a quarter more than the fewest of any batch; 0: none.
  Index perfect_to = 0;
  /// The smallest batch whose steps are at most a tenth more than the fewest of any batch: larger ones save none.
  Index largest_useful = 0;
};

[[nodiscard]] BatchRegimes regimes_of(const BatchSizeGrid& grid, const BatchQuestions& questions,
                                      const StudySetting& setting, const StudyResults& results);

[[nodiscard]] Report batch_size_report(const BatchQuestions& questions, const StudySetting& setting,
                                       const StudyResults& results, const std::vector<MeasuredSpeed>& speeds);

}  // namespace lockstep
