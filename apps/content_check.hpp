// SPDX-License-Identifier: MIT
// What a data set holds, in brief, and whether all of it can be used.
#pragma once

#include <string>

#include "apps/console.hpp"
#include "core/dataset.hpp"
#include "parallel/communicator.hpp"

namespace lockstep {

/// 32 hex digits that tell data sets apart: XXH3-128 of size, shape, all targets, and the features of up to 61 samples
/// at even distances. Does not see a change of other samples' features. Does not communicate.
/// Throws FileError where the features read hold NaN or infinity.
[[nodiscard]] std::string content_fingerprint(const Dataset& data);

/// Reads all features, a part on each rank, so that NaN and infinity are found before the work begins: throws
/// AgreedError, naming the file, row and column. Byte features cannot hold them and are not read. Collective.
void require_finite_features(const Dataset& data, Communicator& communicator, Console& console);

}  // namespace lockstep
