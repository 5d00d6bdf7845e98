// SPDX-License-Identifier: MIT
// One stored sample into one column: conversion, transformation, a check for NaN and infinity, in one pass.
#pragma once

#include <cstddef>

#include "core/dataset.hpp"
#include "io/hdf5_array.hpp"

namespace lockstep {

/// A sample as it is stored, at any address, and one as long that is wanted soon, or itself.
struct StoredSample {
  const std::byte* numbers = nullptr;
  const std::byte* next = nullptr;
};

/// Converts `column.size()` stored numbers (uint8, float32 or float64) to (x - shift) * factor; an empty transform is
/// the identity. Returns false when a stored number is NaN or infinite (after rounding to Scalar); the column is then
/// of no use. An element's bits depend on its value, shift and factor alone. Meanwhile brings the next sample closer.
[[nodiscard]] bool gather_column(Element element, StoredSample stored, const AffineTransform& transform,
                                 std::span<Scalar> column);

/// The first stored number that is not finite; `size` when all are.
[[nodiscard]] Index first_not_finite(Element element, const std::byte* stored, Index size);

}  // namespace lockstep
