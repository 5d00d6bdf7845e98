// SPDX-License-Identifier: MIT
// From a pair of IDX files to a data set.
#pragma once

#include <string>
#include <vector>

#include "io/dataset_output.hpp"

namespace lockstep {

struct IdxImport {
  std::string images;                    ///< plain or gzip, (samples, ...); uint8 stays uint8, other types become float
  std::string labels;                    ///< plain or gzip, (samples), whole numbers from 0
  std::vector<std::string> class_names;  ///< one for each class, or empty
  std::string like;                      ///< a data set whose shape and classes these samples must have, or ""
};

struct IdxReport {
  DatasetInfo info;
  std::vector<std::string> warnings;  ///< what is odd about the labels, a sentence each
};

/// Streams both files into a classification data set: classes from 0 to the largest label (or as `like` has them), the
/// feature shape from the images' header. Labels are read twice, and memory stays bounded.
/// Throws FileError or RequestError: not IDX, cut short, too long, swapped, of different lengths, a label that is
/// negative, not whole or not in `like`, NaN or infinity (names the sample, counted from 1). Then nothing is written.
IdxReport import_idx(const IdxImport& request, const DatasetOutput& output, const WorkProgress& progress = {});

}  // namespace lockstep
