// SPDX-License-Identifier: MIT
// The studies that there are: how each is asked for, and made.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/study/study.hpp"
#include "apps/study/study_options.hpp"

namespace lockstep {

/// What a study knows of its data, its own settings and its ranks when it is made.
struct StudySetting {
  DatasetInfo data;
  TrainConfig config;  ///< the settings that its runs share
  std::vector<std::uint64_t> seeds;
  bool tested = false;  ///< runs have test data
  Index training_samples = 0;
  Index steps = 0;  ///< of a run with the study's own settings
  Communicator& world;
  int threads = 1;  ///< of this rank
};

/// One `lockstep study NAME`.
struct StudyKind {
  std::string name;
  std::string description;
  std::string footer;  ///< of its help: what it shows, and examples
  std::vector<StudyOption> options;
  /// Adds a sentence to `problems` for everything that is wrong with the options. Collective.
  std::unique_ptr<Study> (*make)(const StudyOptions& options, const StudySetting& setting,
                                 std::vector<std::string>& problems);
};

[[nodiscard]] StudyKind batch_size_study();
[[nodiscard]] StudyKind dropout_study();

}  // namespace lockstep
