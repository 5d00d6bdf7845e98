// SPDX-License-Identifier: MIT
// A check before large allocations, so that a damaged size is a sentence and not the end of the process.
#pragma once

#include <string>
#include <string_view>

#include "core/types.hpp"

namespace lockstep {

/// Throws FileError when `bytes` exceed the machine's memory: "<what> takes N bytes ...".
void require_memory(Index bytes, const std::string& path, std::string_view what);

}  // namespace lockstep
