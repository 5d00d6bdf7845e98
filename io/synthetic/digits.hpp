// SPDX-License-Identifier: MIT
// Handwritten-like digits, drawn from strokes.
#pragma once

#include <cstdint>
#include <memory>

#include "io/synthetic/synthetic.hpp"

namespace lockstep {

/// Images of 28 x 28 bytes, bright on dark, of the classes "0" to "9", balanced in random order. Each is one of the
/// ways to write its digit, its points moved, then bent, slanted, turned, scaled, shifted, drawn with a pen of random
/// thickness and pressure, with noise over the image.
[[nodiscard]] std::unique_ptr<SyntheticSource> make_digits(std::uint64_t seed);

}  // namespace lockstep
