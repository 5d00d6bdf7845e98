// SPDX-License-Identifier: MIT
// What `lockstep train` was asked to do.
#pragma once

#include <string>

#include "core/dataset.hpp"
#include "core/train_config.hpp"

namespace lockstep {

/// Settings and paths, whether they came from flags or from a file.
struct RunRequest {
  TrainConfig config;
  std::string train;       ///< path of the training data
  std::string test;        ///< path of the test data, or ""
  std::string run;         ///< path of the run directory
  std::string init_from;   ///< path of a checkpoint or run directory whose parameters to begin with, or ""
  std::string train_data;  ///< what the training data are (see data_identity), once they are open; else ""
  std::string test_data;   ///< the same of the test data

  friend bool operator==(const RunRequest&, const RunRequest&) = default;
};

/// "train.h5, 60000 samples of 784 features, content 0123...": the same for the same data in another folder. Reads what
/// content_fingerprint reads.
[[nodiscard]] std::string data_identity(const Dataset& data);

/// Replaces what is still left open after resolved(config, task) by what it comes to for these data: what to
/// standardise (unless `own_scaling`: initial weights bring it), the size of a shard, the period of the step schedule.
/// Wants a configuration without problems.
[[nodiscard]] TrainConfig resolved_for(const DatasetInfo& data, TrainConfig config, bool own_scaling);

}  // namespace lockstep
