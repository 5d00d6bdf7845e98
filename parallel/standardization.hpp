// SPDX-License-Identifier: MIT
// Zero mean and unit variance over the training samples.
#pragma once

#include "core/dataset.hpp"
#include "core/train_config.hpp"
#include "parallel/communicator.hpp"
#include "parallel/shard_pass.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

struct Transforms {
  AffineTransform input;
  AffineTransform target;
};

/// What a setting does to these data: mean and standard deviation of `samples` (in double, two passes, summed in the
/// reduction tree), or 1/255 for bytes that are not standardised. A constant column is only shifted. Collective.
[[nodiscard]] Transforms fit_transforms(Standardize setting, const Samples& samples, Communicator& communicator,
                                        Workers& workers);

}  // namespace lockstep
