// SPDX-License-Identifier: MIT
// Opening data sets, and whether they fit each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/dataset.hpp"
#include "io/dataset_file.hpp"

namespace lockstep {

/// Opens a data set, or returns null and adds to `problems` why not. Does not communicate.
[[nodiscard]] std::unique_ptr<Dataset> try_open_dataset(const std::string& path, std::vector<std::string>& problems,
                                                        TargetsWanted targets = TargetsWanted::required);

/// Every reason why a model trained on `train` could not be tested on `test`, one sentence each.
[[nodiscard]] std::vector<std::string> mismatches(const DatasetInfo& train, const DatasetInfo& test);

}  // namespace lockstep
