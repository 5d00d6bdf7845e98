// SPDX-License-Identifier: MIT
// Small files of text.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// Throws FileError like require_readable, and when it is larger than 16 MiB.
[[nodiscard]] std::string text_of_file(const std::string& path);

/// Writes it durably; its folder is made where it is not there. Throws FileError.
void write_text_file(const std::string& path, std::string_view text);

}  // namespace lockstep
