// SPDX-License-Identifier: MIT
// Going through memory while asking for what comes soon.
#pragma once

#include <cstddef>
#include <type_traits>

namespace lockstep {

/// Calls body(first, count) for runs of a sample's `size` numbers, each as long as a cache line, and asks for as many
/// numbers at `next`, a sample that is wanted soon: in shuffled order it is nothing that a processor foresees. Line by
/// line, because all at once would keep it from reading the sample it is at.
template <class Stored, class Body>
void for_each_line(std::size_t size, const std::byte* next, const Body& body) {
  constexpr std::size_t line_bytes = 64;
  constexpr std::size_t line = line_bytes / sizeof(Stored);
  std::size_t first = 0;
  for (; first + line <= size; first += line) {
    __builtin_prefetch(next + first * sizeof(Stored));
    body(first, std::integral_constant<std::size_t, line>{});
  }
  if (first == size) return;
  __builtin_prefetch(next + first * sizeof(Stored));
  __builtin_prefetch(next + size * sizeof(Stored) - 1);  // samples are not aligned: it may lie in another line
  body(first, size - first);
}

}  // namespace lockstep
