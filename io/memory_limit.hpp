// SPDX-License-Identifier: MIT
// How much memory there is, and a check before large allocations: a damaged size is a sentence, not the end.
#pragma once

#include <string>
#include <string_view>

#include "core/types.hpp"

namespace lockstep {

/// Bytes that this process may use: the machine's memory, or less where a control group says so.
[[nodiscard]] double memory_bytes();

/// Throws FileError when `bytes` exceed the machine's memory: "<what> takes N bytes ...".
void require_memory(Index bytes, const std::string& path, std::string_view what);

}  // namespace lockstep
