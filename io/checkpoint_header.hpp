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

/// Reads the file once and compares. Throws DamagedCheckpoint: not a checkpoint, truncated, changed, a disk that cannot
/// read it; FileError: not there, no permission, whole but of another format version. Only what passes may be shown to
/// HDF5.
void verify_checkpoint_bytes(const std::string& path);

}  // namespace lockstep
