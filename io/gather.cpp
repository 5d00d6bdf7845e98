// SPDX-License-Identifier: MIT
// The gathering loops, written to vectorise.
#include "io/gather.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/cache_lines.hpp"
#include "core/finite.hpp"

namespace lockstep {
namespace {

template <class Stored>
Scalar load(const std::byte* stored, std::size_t index) {
  // The file does not promise alignment.
  Stored value;
  std::memcpy(&value, stored + index * sizeof(Stored), sizeof(Stored));
  return static_cast<Scalar>(value);
}

/// Bytes are always finite: nothing to test.
template <class Stored>
constexpr bool tested = !std::is_integral_v<Stored>;

template <class Stored>
bool gather(StoredSample stored, const AffineTransform& transform, std::span<Scalar> column) {
  ScalarBits greatest = 0;
  const auto number = [&](std::size_t row) {
    const Scalar value = load<Stored>(stored.numbers, row);
    if constexpr (tested<Stored>) greatest = std::max(greatest, exponent_bits(value));
    return value;
  };
  Scalar* const out = column.data();
  if (transform.shift.empty()) {
    for_each_line<Stored>(column.size(), stored.next, [&](std::size_t first, auto count) {
      for (std::size_t row = first; row < first + count; ++row) out[row] = number(row);
    });
    return greatest < no_number;
  }
  const Scalar* const shift = transform.shift.data();
  const Scalar* const factor = transform.factor.data();
  for_each_line<Stored>(column.size(), stored.next, [&](std::size_t first, auto count) {
    for (std::size_t row = first; row < first + count; ++row) out[row] = (number(row) - shift[row]) * factor[row];
  });
  return greatest < no_number;
}

template <class Stored>
Index find_not_finite(const std::byte* stored, Index size) {
  for (Index row = 0; row < size; ++row) {
    if (exponent_bits(load<Stored>(stored, static_cast<std::size_t>(row))) == no_number) return row;
  }
  return size;
}

}  // namespace

bool gather_column(Element element, StoredSample stored, const AffineTransform& transform, std::span<Scalar> column) {
  assert(transform.shift.size() == transform.factor.size());
  assert(transform.shift.empty() || transform.shift.size() == column.size());
  switch (element) {
    case Element::uint8:
      return gather<std::uint8_t>(stored, transform, column);
    case Element::float32:
      return gather<float>(stored, transform, column);
    case Element::float64:
      return gather<double>(stored, transform, column);
    case Element::int32:
      break;
  }
  assert(false && "features are gathered from uint8, float32 or float64");
  return false;
}

Index first_not_finite(Element element, const std::byte* stored, Index size) {
  if (element == Element::float32) return find_not_finite<float>(stored, size);
  if (element == Element::float64) return find_not_finite<double>(stored, size);
  return size;
}

}  // namespace lockstep
