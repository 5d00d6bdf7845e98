// SPDX-License-Identifier: MIT
// Which oneTBB runs.
#pragma once

#include <string>

namespace lockstep {

/// "2021.8.0", of the library in use.
[[nodiscard]] std::string tbb_version();

}  // namespace lockstep
