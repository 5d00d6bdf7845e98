// SPDX-License-Identifier: MIT
// Paths that mean the same from any folder.
#pragma once

#include <string>

namespace lockstep {

/// `path` from the root, without "." and ".."; "" stays "". Where the current folder is gone, `path` itself.
[[nodiscard]] std::string absolute_path(const std::string& path);

}  // namespace lockstep
