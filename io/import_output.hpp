// SPDX-License-Identifier: MIT
// What every importer is told about the file it makes.
#pragma once

#include <functional>
#include <string>

#include "io/dataset_file.hpp"

namespace lockstep {

/// Where an imported data set goes, and how.
struct ImportOutput {
  std::string path;
  DatasetLayout layout;
  bool replace = false;  ///< may an existing file be replaced?
};

/// Called now and then with the share of the work that is done, 0 to 1. May be empty.
using ImportProgress = std::function<void(double fraction)>;

/// Throws FileError when the output exists and may not be replaced, so that this is known before the work begins.
void check_output(const ImportOutput& output);

}  // namespace lockstep
