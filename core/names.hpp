// SPDX-License-Identifier: MIT
// Names on the command line: tables of enum values and their texts, and the nearest known name for "did you mean".
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace lockstep {

/// The known name nearest to `name`, or "" when none is near. For "did you mean".
///
/// Near: an edit distance (insert, delete, replace, swap neighbours; Damerau 1964) of at most a third of the longer
/// name, case and the choice of '-' or '_' ignored; else a known name that begins with `name`, three letters or more.
/// The first of equally near names wins. Before all: the name whose words begin with just these letters ("lr").
[[nodiscard]] std::string nearest_name(std::string_view name, std::span<const std::string_view> known);

/// Throws RequestError: "unknown KIND 'NAME'; known are A, B, C; did you mean 'B'?".
[[noreturn]] void throw_unknown_name(std::string_view kind, std::string_view name,
                                     std::span<const std::string_view> known);

/// One value of an enum and its text.
template <class Enum>
struct Named {
  Enum value;
  std::string_view text;
};

/// The text of `value` in its table, which names every value.
template <class Enum, std::size_t size>
[[nodiscard]] std::string_view text_in(const std::array<Named<Enum>, size>& table, Enum value) {
  for (const Named<Enum>& entry : table)
    if (entry.value == value) return entry.text;
  assert(false && "a value without a name");
  return {};
}

/// The value that `text` names in the table; `kind` says in the error what it was to name ("activation").
/// Throws RequestError that lists the known names and suggests the nearest.
template <class Enum, std::size_t size>
[[nodiscard]] Enum value_in(const std::array<Named<Enum>, size>& table, std::string_view kind, std::string_view text) {
  std::array<std::string_view, size> known;
  for (std::size_t entry = 0; entry < size; ++entry) {
    if (table[entry].text == text) return table[entry].value;
    known[entry] = table[entry].text;
  }
  throw_unknown_name(kind, text, known);
}

}  // namespace lockstep
