// SPDX-License-Identifier: MIT
// What everything that makes a data set is told about the file.
#pragma once

#include <functional>
#include <string>

#include "io/dataset_file.hpp"

namespace lockstep {

/// Where a data set goes, and how.
struct DatasetOutput {
  std::string path;
  DatasetLayout layout;
  bool replace = false;  ///< may an existing file be replaced?
};

/// Called now and then with the share of the work that is done, 0 to 1. May be empty. What it throws ends the work, and
/// nothing is written.
using WorkProgress = std::function<void(double fraction)>;

}  // namespace lockstep
