// SPDX-License-Identifier: MIT
// A view of columns of samples, each aligned and padded: what layers read and write.
#pragma once

#include <type_traits>

#include "core/types.hpp"

namespace lockstep {

/// A (rows x columns) column-major view whose columns start `stride` scalars apart, stride >= rows a multiple of
/// `alignment_scalars`, data aligned to `alignment_bytes`.
///
/// Padding holds anything; nothing may read meaning from it. It lets elementwise mathematics work on whole aligned
/// units, so that an element's bits do not depend on where it lies.
template <class Element>
struct BasicPanel {
  Element* data = nullptr;
  Index rows = 0;
  Index columns = 0;
  Index stride = 0;

  using Plain = std::remove_const_t<Element>;

  [[nodiscard]] Element* column(Index index) const noexcept { return data + index * stride; }

  // NOLINTNEXTLINE(google-explicit-constructor): a mutable view is a constant view
  operator BasicPanel<const Plain>() const noexcept { return {data, rows, columns, stride}; }
};

using Panel = BasicPanel<Scalar>;
using ConstPanel = BasicPanel<const Scalar>;

/// A stride for columns of `rows` scalars: a power of two apart they would fall into few sets of the caches, which
/// products read across.
[[nodiscard]] constexpr Index spread_stride(Index rows) noexcept {
  constexpr Index crowded = 256;
  const Index stride = padded(rows);
  return stride % crowded == 0 ? stride + alignment_scalars : stride;
}

/// Scalars that a rows x columns panel takes.
[[nodiscard]] constexpr Index panel_scalars(Index rows, Index columns) noexcept { return padded(rows) * columns; }

}  // namespace lockstep
