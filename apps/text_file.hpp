// SPDX-License-Identifier: MIT
// Small files of text.
#pragma once

#include <string>

namespace lockstep {

/// Throws FileError when it is not there or cannot be read.
[[nodiscard]] std::string text_of_file(const std::string& path);

}  // namespace lockstep
