// SPDX-License-Identifier: MIT
// Paths may hold any bytes, and TOML holds UTF-8 alone; texts of tables may hold what would steer a terminal.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// `bytes` as UTF-8: each byte that is no part of valid UTF-8 is written as \xHH, and so is a backslash before an x, so
/// that `bytes_in` finds back the same bytes. UTF-8 without "\x" is itself.
[[nodiscard]] std::string utf8_of(std::string_view bytes);

/// `text` without what steers a terminal: control characters but line breaks and tabs are written as \xHH (those of
/// U+0080 to U+009F as two). All other bytes stay.
[[nodiscard]] std::string printable(std::string_view text);

/// The bytes that `utf8_of` wrote.
[[nodiscard]] std::string bytes_in(std::string_view text);

}  // namespace lockstep
