// SPDX-License-Identifier: MIT
// How people write the ten digits: strokes through a few points each.
#pragma once

#include <span>
#include <vector>

namespace lockstep {

/// In a box of width and height 1; x to the right, y down.
struct GlyphPoint {
  double x = 0;
  double y = 0;
};

/// A pen's path through its points: curved (a Catmull-Rom spline), or straight from point to point.
struct GlyphStroke {
  bool curved = true;
  std::vector<GlyphPoint> points;
};

using Glyph = std::vector<GlyphStroke>;

/// The ways to write `digit`, 0 to 9.
[[nodiscard]] std::span<const Glyph> glyphs_of(int digit);

}  // namespace lockstep
