// SPDX-License-Identifier: MIT
// One data set into two.
#pragma once

#include <cstdint>
#include <string>

#include "io/dataset_output.hpp"

namespace lockstep {

struct DatasetSplit {
  std::string input;
  Index first_samples = 0;  ///< how many go to the first output, at least 1 and less than all
  bool shuffle = false;     ///< false: the first ones, both in the order of the input
  std::uint64_t seed = 1;   ///< of the shuffling
};

/// Writes both parts in bounded memory, with the names, classes and table schema of the input. Shuffled: which samples
/// go to the first part depends on their number and the seed alone (a random subset), and each part is in the order in
/// which a shuffled pass visits the input. Features other than uint8 are stored as float32. Throws RequestError or
/// FileError; then neither is written (but for a rename of the second that fails after that of the first).
void split_dataset(const DatasetSplit& request, const DatasetOutput& first, const DatasetOutput& rest,
                   const WorkProgress& progress = {});

}  // namespace lockstep
