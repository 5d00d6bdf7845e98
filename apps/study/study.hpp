// SPDX-License-Identifier: MIT
// What a study is: which runs it wants, what it measures of each, and what it makes of them.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/study/report.hpp"
#include "apps/study/study_directory.hpp"
#include "apps/study/study_point.hpp"
#include "apps/training_run.hpp"
#include "core/model.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// A run that a study wants: its settings beside the study's own, and its seed.
struct WantedPoint {
  Overrides overrides;
  std::uint64_t seed = 1;
};

/// What a finished run can be measured with. All of it is the same on the ranks of the group.
struct MeasuredRun {
  const StudyPoint& point;
  const Model& model;
  const std::vector<std::string>& history;  ///< lines of its metrics.jsonl, one an epoch
  const RunData& data;
  Communicator& communicator;
  Workers& workers;
};

/// A study as data: rounds of wanted runs, each depending on what the ones before came to. All functions are pure but
/// `measure`, so that all ranks agree.
class Study {
 public:
  virtual ~Study() = default;
  /// The runs that are wanted, given what is known; all that were wanted before may be among them. The study is over
  /// when every one of them is known.
  [[nodiscard]] virtual std::vector<WantedPoint> wanted(const StudyResults& known) const = 0;
  /// How many runs it will be in the end, at most.
  [[nodiscard]] virtual std::size_t most_runs() const = 0;
  /// What `measure` finds out about this run, a name each with what it depends on; none: nothing.
  [[nodiscard]] virtual std::vector<std::string> measures(const StudyPoint& point) const {
    (void)point;
    return {};
  }
  /// Figures beside those of the run's summary: numbers, or arrays of numbers. Collective over the group.
  [[nodiscard]] virtual nlohmann::ordered_json measure(const MeasuredRun& run) const {
    (void)run;
    return nlohmann::ordered_json::object();
  }
  /// What depends on this machine alone, after the runs. Collective over all ranks.
  virtual void measure_machine(Communicator& world, int threads) {
    (void)world;
    (void)threads;
  }
  /// `directory` is where the runs lie, for what is drawn from their weights. Rank 0 only.
  [[nodiscard]] virtual Report report(const StudyResults& results, const StudyDirectory& directory) const = 0;
};

}  // namespace lockstep
