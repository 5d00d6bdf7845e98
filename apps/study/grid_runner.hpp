// SPDX-License-Identifier: MIT
// Runs of a grid, side by side on groups of ranks.
#pragma once

#include <string>
#include <vector>

#include "apps/study/study.hpp"
#include "apps/study/study_directory.hpp"
#include "apps/study/study_grid.hpp"

namespace lockstep {

/// Groups that `ranks` ranks are best split into for so many runs: one rank each, for a run alone on a rank never
/// waits for another; fewer when there are fewer runs.
[[nodiscard]] int usual_groups(int ranks, std::size_t runs);

/// The group of a rank: neighbouring ranks together, groups of nearly the same size.
[[nodiscard]] int group_of(int rank, int ranks, int groups);

/// Who makes the runs of a study.
class GridRunner {
 public:
  struct Place {
    MpiEnvironment& mpi;
    Console& console;
    Communicator& group;  ///< this rank's
    int number = 0;       ///< its number
    int groups = 1;
    int threads = 1;  ///< of this rank
  };
  GridRunner(const Study& study, const StudyGrid& grid, const StudyDirectory& directory, Place place)
      : study_{study}, grid_{grid}, directory_{directory}, place_{place} {}

  /// Makes the runs whose record is not there yet, and adds all records to `results`, on every rank. False when a
  /// signal ended it early. Throws AgreedFault with what could not be done; runs that are complete are then recorded.
  /// Collective over all ranks.
  [[nodiscard]] bool run(const std::vector<StudyPoint>& points, StudyResults& results) const;

 private:
  struct Outcome {
    bool interrupted = false;
    std::string fault;  ///< "" when none
  };
  [[nodiscard]] Outcome run_own(const std::vector<StudyPoint>& points) const;
  [[nodiscard]] bool run_point(const StudyPoint& point, RunPlace place) const;
  [[nodiscard]] nlohmann::ordered_json measured(const StudyPoint& point, const RunPlace& place) const;
  void read_records(const std::vector<StudyPoint>& points, StudyResults& results) const;

  const Study& study_;
  const StudyGrid& grid_;
  const StudyDirectory& directory_;
  Place place_;
};

}  // namespace lockstep
