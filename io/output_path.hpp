// SPDX-License-Identifier: MIT
// May a file of this name be written?
#pragma once

#include <initializer_list>
#include <string>

namespace lockstep {

/// Throws, before any work is done: FileError when `output` is a folder, when it exists and may not be replaced, or
/// when its folder does not exist; RequestError when it is the same file as one of `inputs` (by another path, a
/// symbolic or a hard link all the same), to be replaced or not. Empty inputs are no files.
void require_writable(const std::string& output, bool replace, std::initializer_list<std::string> inputs = {});

}  // namespace lockstep
