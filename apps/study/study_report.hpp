// SPDX-License-Identifier: MIT
// A study's files for readers and programs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/study/report.hpp"
#include "apps/study/study_directory.hpp"
#include "apps/study/study_grid.hpp"

namespace lockstep {

/// What was asked of the study.
struct StudyAsked {
  std::string study;
  const StudyBase& base;
  const DatasetInfo& data;
  std::vector<std::pair<std::string, std::string>> options;  ///< of the grid, as settled
};

/// Writes results.csv, results.json, times.csv, plots/, the settings of all runs as base.toml, and report.html. Returns
/// what is missing, and what to do about it, or "". Throws FileError. Rank 0 only.
[[nodiscard]] std::string write_report(const Report& report, const StudyResults& results,
                                       const StudyDirectory& directory, const StudyAsked& asked);

}  // namespace lockstep
