// SPDX-License-Identifier: MIT
// How far a whole grid is, seen from rank 0.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "apps/console.hpp"
#include "apps/progress.hpp"
#include "apps/study/grid_time.hpp"
#include "apps/study/study_directory.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {

/// A run of the grid, the work in it, in any unit, and the group that makes it: 0 is the one that looks.
struct GridTask {
  std::string name;
  double work = 0;
  std::size_t group = 0;
};

/// A bar over all runs with the time left, and a line for each run that ends. Runs of other groups of ranks are noticed
/// by their records, once they have ended (see work_left for what is assumed before); of the own group's run under way
/// it is told every step. The bar counts the work of the group that has most to do.
class GridProgress {
 public:
  GridProgress(Console& console, const StudyDirectory& directory, std::vector<GridTask> tasks);

  /// The own group is `step` of `steps` into the run of that name.
  void update(const std::string& name, const StepProgress& progress);
  /// Looks for runs that have ended.
  void look();

 private:
  using Clock = std::chrono::steady_clock;

  Console& console_;
  const StudyDirectory& directory_;
  std::vector<GridTask> open_;  ///< runs whose record is not there yet
  std::size_t runs_;
  std::vector<GroupWork> groups_;  ///< of runs that have ended
  double work_;                    ///< of the group that has most to do
  Progress bar_;
  std::string under_way_;  ///< the own group's run
  Clock::time_point looked_ = Clock::now();
};

}  // namespace lockstep
