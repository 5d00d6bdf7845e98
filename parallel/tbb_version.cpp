// SPDX-License-Identifier: MIT
#include "parallel/tbb_version.hpp"

#include <tbb/version.h>

namespace lockstep {

std::string tbb_version() { return TBB_runtime_version(); }

}  // namespace lockstep
