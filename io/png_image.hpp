// SPDX-License-Identifier: MIT
// Small grey pictures.
#pragma once

#include <span>
#include <string>

namespace lockstep {

/// The bytes of a PNG file (ISO/IEC 15948, 8-bit greyscale, no interlacing) of `width` x `height` pixels, row by row
/// from the top. Throws ShapeError when `pixels` are not as many.
[[nodiscard]] std::string png_image(int width, int height, std::span<const unsigned char> pixels);

}  // namespace lockstep
