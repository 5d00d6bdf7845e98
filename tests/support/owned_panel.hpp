// SPDX-License-Identifier: MIT
// A panel that owns its columns.
#pragma once

#include <algorithm>

#include "core/aligned_buffer.hpp"
#include "core/panel.hpp"

namespace lockstep {

/// Filled, padding included, with a number that whoever writes the panel must replace.
struct OwnedPanel {
  OwnedPanel(Index rows, Index columns)
      : buffer{panel_scalars(rows, columns)}, panel{buffer.data(), rows, columns, padded(rows)} {
    std::ranges::fill(buffer.span(), Scalar{-77});
  }
  AlignedBuffer buffer;
  Panel panel;
};

}  // namespace lockstep
