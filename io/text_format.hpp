// SPDX-License-Identifier: MIT
// Which delimiter a table uses, and whether its first record names the columns.
#pragma once

#include <string>
#include <string_view>

#include "io/delimited_text.hpp"

namespace lockstep {

/// "comma", "semicolon", "tab", "blanks", or the character itself; and back.
/// Throws RequestError for a text that names no delimiter.
[[nodiscard]] char delimiter_named(std::string_view name);
[[nodiscard]] std::string name_of_delimiter(char delimiter);

/// The delimiter of a file, from its first lines: the one of tab, semicolon, comma and blanks (in this order) that cuts
/// all of them into the same number of fields, at least two; failing that, the one that cuts the most lines like the
/// first. Throws FileError: empty file, not text, or none of the four found.
[[nodiscard]] char detect_delimiter(const std::string& path);

/// Whether the first record holds names, from the first records: none of its fields is a number or "?", at least one
/// is not empty, and either some column holds a number in every (not missing) field below, or, where all
/// columns are text, no field of the first record occurs again below it. So a table of one record without numbers is a
/// header without rows.
[[nodiscard]] bool detect_header(const std::string& path, char delimiter);

}  // namespace lockstep
