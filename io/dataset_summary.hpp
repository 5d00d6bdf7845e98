// SPDX-License-Identifier: MIT
// What the values of a data set look like.
#pragma once

#include <string>
#include <vector>

#include "core/dataset.hpp"
#include "io/dataset_output.hpp"

namespace lockstep {

/// Of one feature or target, over all samples.
struct ValueSummary {
  double least = 0;
  double greatest = 0;
  double mean = 0;
  double deviation = 0;  ///< of the population
};

struct DatasetSummary {
  std::vector<Index> class_samples;    ///< classification: samples of each class; empty without targets
  std::vector<ValueSummary> targets;   ///< regression: of each target; empty without targets
  std::vector<ValueSummary> features;  ///< of each feature, as stored (bytes 0 to 255)
};

/// Reads all samples once, in bounded memory. Throws FileError for NaN and infinity (names row and column).
[[nodiscard]] DatasetSummary summarize(const Dataset& data, const WorkProgress& progress = {});

/// Of all features together, for images.
[[nodiscard]] ValueSummary over_all(const std::vector<ValueSummary>& summaries);

}  // namespace lockstep
