// SPDX-License-Identifier: MIT
// Operands of products, brought into the order in which tiles read them.
#pragma once

#include "core/avx2_tile.hpp"

#ifdef LOCKSTEP_AVX2_PRODUCT
namespace lockstep {

/// Lines of a matrix; a line is a row or a column, whichever the caller means.
struct Lines {
  const float* data;
  Index stride;  ///< between lines, or between terms: see the functions
  Index count;   ///< of lines
};

/// Panels of 16 lines, [term][line] in each, `panel_floats(terms)` apart.
[[nodiscard]] constexpr Index panel_floats(Index terms) noexcept {
  return terms * tile_rows + tile_rows;  // not a power of two apart: the caches would not hold several
}
[[nodiscard]] constexpr Index panel_count(Index lines) noexcept { return (lines + tile_rows - 1) / tile_rows; }

/// Of lines whose term t lies together at data + t * stride; lines that fill the last panel are zero.
void pack_neighbours(const Lines& from, Index terms, float* to);

/// Of lines each of whose terms lie together at data + line * stride; the last line is repeated to fill its panel.
void pack_turned(const Lines& from, Index terms, float* to);

/// Columns in groups of at most six, as equal as can be: a narrow rest would leave registers idle.
struct ColumnGroups {
  Index columns;

  [[nodiscard]] constexpr Index count() const noexcept { return (columns + tile_columns - 1) / tile_columns; }
  [[nodiscard]] constexpr Range operator[](Index group) const noexcept {
    return {columns * group / count(), columns * (group + 1) / count()};
  }
};

/// Up to six lines whose term t lies together at data + t * stride: eight floats a term, the rest of them zero.
void pack_columns(const Lines& from, Index terms, float* to);

/// Line `i` of 16, of which `lines` are wanted, from what holds `units` groups of 16: to[i * stride + unit].
void turn_back(const float* from, Index lines, Index units, float* to, Index stride);

}  // namespace lockstep
#endif
