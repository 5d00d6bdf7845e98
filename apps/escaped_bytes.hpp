// SPDX-License-Identifier: MIT
// Paths may hold any bytes; TOML holds UTF-8 alone.
#pragma once

#include <string>
#include <string_view>

namespace lockstep {

/// `bytes` as UTF-8: each byte that is no part of valid UTF-8 is written as \xHH, and so is a backslash before an x, so
/// that `bytes_in` finds back the same bytes. UTF-8 without "\x" is itself.
[[nodiscard]] std::string utf8_of(std::string_view bytes);

/// The bytes that `utf8_of` wrote.
[[nodiscard]] std::string bytes_in(std::string_view text);

}  // namespace lockstep
