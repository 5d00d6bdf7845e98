// SPDX-License-Identifier: MIT
// What this program was made of.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "parallel/mpi_environment.hpp"

namespace lockstep {

/// Names and versions of this program, its compiler and its libraries, and the instruction set it was compiled for.
/// All that the bits of a result depend on besides data, settings and seed.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> versions(const MpiEnvironment& mpi);

}  // namespace lockstep
