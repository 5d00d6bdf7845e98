// SPDX-License-Identifier: MIT
// Small files of text.
#pragma once

#include <string>

namespace lockstep {

/// Throws FileError like require_readable, and when it is larger than 16 MiB.
[[nodiscard]] std::string text_of_file(const std::string& path);

}  // namespace lockstep
