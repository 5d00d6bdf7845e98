// SPDX-License-Identifier: MIT
// From the runs that a study wants to complete requests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/study/study.hpp"
#include "apps/study/study_directory.hpp"

namespace lockstep {

/// What all runs of a study share.
struct StudyBase {
  RunRequest request;     ///< settings and data, as given: what the data decide is left open
  double test_share = 0;  ///< above 0: each seed has its own split of the data, with this share as test data
  int group_ranks = 1;    ///< the most ranks that train one run
};

/// Steps of a run, and what one takes: floating-point operations of whole steps, and a fixed time for each.
struct RunWork {
  double steps = 0;
  double flop = 0;

  /// At so many operations a second.
  [[nodiscard]] double seconds(double flops) const;
};
[[nodiscard]] RunWork work_of(const RunRequest& request, const DatasetInfo& data);

/// Opens the data that runs need, once each, and makes wanted runs complete. The same calls on every rank.
class StudyGrid {
 public:
  StudyGrid(StudyBase base, const StudyDirectory& directory, RunPlace place);

  /// What tells this study from others in the same folder.
  [[nodiscard]] nlohmann::ordered_json identity(std::string_view study) const;

  /// The points of these wanted runs, each once. Throws AgreedError with everything that is wrong with any. Collective.
  [[nodiscard]] std::vector<StudyPoint> points(const std::vector<WantedPoint>& wanted);

  /// The data of a run with this seed, once `points` has been asked for it.
  [[nodiscard]] const RunData& data(std::uint64_t seed) const { return sets_.at(set_of(seed)).data; }

  [[nodiscard]] const DatasetInfo& info() const { return info_; }
  [[nodiscard]] const StudyBase& base() const noexcept { return base_; }
  /// Of a run with the study's own settings, about: splits may differ by a sample.
  [[nodiscard]] Index training_samples() const;
  [[nodiscard]] RunWork work_of_base() const;
  /// From now on runs are looked at as shared by so many ranks.
  void share_among(int group_ranks) noexcept { base_.group_ranks = group_ranks; }

 private:
  struct DataSet {
    RunRequest paths;  ///< only paths and identities
    RunData data;
  };
  [[nodiscard]] std::uint64_t set_of(std::uint64_t seed) const { return base_.test_share > 0 ? seed : 0; }
  const DataSet& data_set(std::uint64_t seed);
  void make_split(std::uint64_t seed, RunRequest& paths) const;
  [[nodiscard]] StudyPoint complete(const WantedPoint& wanted, const DataSet& set,
                                    std::vector<std::string>& problems) const;

  StudyBase base_;
  const StudyDirectory& directory_;
  RunPlace place_;
  DatasetInfo info_;
  std::map<std::uint64_t, DataSet> sets_;
};

}  // namespace lockstep
