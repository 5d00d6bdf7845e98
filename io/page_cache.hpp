// SPDX-License-Identifier: MIT
// What the system keeps in memory of a file, and reading it from first byte to last.
#pragma once

#include <cstdint>
#include <string>

namespace lockstep {

/// Writes the file's pages back and asks the system to forget them; nobody may have it mapped. Throws FileError.
void drop_from_page_cache(const std::string& path);

/// The share of the file's pages that lie in memory, 0 to 1. Throws FileError.
[[nodiscard]] double share_in_page_cache(const std::string& path);

/// Reads the whole file by plain `read` calls of one mebibyte, on the calling thread; returns its bytes. Throws
/// FileError.
std::uint64_t read_sequentially(const std::string& path);

}  // namespace lockstep
