// SPDX-License-Identifier: MIT
// The 512 bytes in front of a checkpoint: what it is, how long, and the checksum of every byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/types.hpp"

namespace lockstep {

/// HDF5 calls it the user block, and skips it.
inline constexpr std::size_t checkpoint_header_bytes = 512;
inline constexpr Index checkpoint_format_version = 1;

/// The header of a checkpoint whose bytes behind the header are `body`.
[[nodiscard]] std::string checkpoint_header(std::string_view body);

/// Reads the file once and compares. Throws FileError: not there, not a checkpoint, another version, truncated,
/// damaged. Only what passes may be shown to HDF5.
void verify_checkpoint_bytes(const std::string& path);

}  // namespace lockstep
