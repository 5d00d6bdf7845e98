// SPDX-License-Identifier: MIT
// May this input be read?
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// Throws FileError unless `path` leads to a regular file that can be opened for reading: says whether its name is
/// empty, it is not there, is a folder, a device or a pipe, or why the system refuses. `advice` names another way out.
void require_readable(const std::string& path, std::string_view advice = {});

}  // namespace lockstep
