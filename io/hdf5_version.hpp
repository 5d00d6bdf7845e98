// SPDX-License-Identifier: MIT
// Which HDF5 runs.
#pragma once

#include <string>

namespace lockstep {

/// "1.10.8", of the library in use.
[[nodiscard]] std::string hdf5_version();

}  // namespace lockstep
