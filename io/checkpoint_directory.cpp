// SPDX-License-Identifier: MIT
// Keeping and finding the checkpoints of a run.
#include "io/checkpoint_directory.hpp"

namespace lockstep {}
