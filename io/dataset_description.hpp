// SPDX-License-Identifier: MIT
// What a data set's file says about itself: attributes of the root group, all optional.
#pragma once

#include "core/dataset.hpp"
#include "io/hdf5_array.hpp"
#include "io/hdf5_file.hpp"

namespace lockstep {

/// The version of the data set format that this code writes, and the newest that it reads.
inline constexpr Index dataset_format_version = 1;

/// The most classes that a file may announce.
inline constexpr Index most_classes = 1'000'000;

/// Writes the attributes that `info` calls for (all but the number of samples).
void write_description(const Hdf5File& file, const DatasetInfo& info);

/// Reads attributes and shapes. `classes` is 0 where the file does not say; labels decide then. Without `targets`
/// (null), info.targets is 0 and task and classes are what the attributes say. Throws FileError where attributes and
/// shapes disagree.
[[nodiscard]] DatasetInfo read_description(const Hdf5File& file, const Hdf5Array& features, const Hdf5Array* targets);

}  // namespace lockstep
