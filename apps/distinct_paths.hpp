// SPDX-License-Identifier: MIT
// An output is never one of its own inputs, --force or not.
#pragma once

#include <initializer_list>
#include <string>

namespace lockstep {

/// Throws RequestError when `output` is the same file as one of `inputs`, under whatever name. Empty names are no
/// files.
void require_not_an_input(const std::string& output, std::initializer_list<std::string> inputs);

}  // namespace lockstep
