// SPDX-License-Identifier: MIT
// What a field of a table says: a number, nothing, or a text.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lockstep {

/// True for a field without a value: empty, "?", "NA", or "NaN" in any case.
[[nodiscard]] bool is_missing(std::string_view field);

enum class NumberKind {
  number,
  infinite,  ///< "inf", or beyond the range of a float
  text,      ///< not a number
};

struct ParsedNumber {
  NumberKind kind = NumberKind::text;
  double value = 0;  ///< of a number
};

/// Reads a whole field as a decimal number ("-1.5e3", "+2", ".5"); the decimal sign is a point, whatever the locale.
/// Numbers nearer to zero than a double can tell are zero.
[[nodiscard]] ParsedNumber parse_number(std::string_view field);

/// True for valid UTF-8 (RFC 3629: shortest forms, no surrogates).
[[nodiscard]] bool is_utf8(std::string_view text);

/// Most bytes of a text that is a category, a class or the name of a column. Longer ones are no names, but a quote that
/// is not closed, say.
inline constexpr std::size_t longest_name = 1000;

/// For messages: the text, or the beginning of a long one and how long it is.
[[nodiscard]] std::string shortened(std::string_view text);

/// "'a', 'b' and 7 more": for messages, the first ten, shortened.
[[nodiscard]] std::string quoted_list(std::span<const std::string> texts);

}  // namespace lockstep
