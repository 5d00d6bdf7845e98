// SPDX-License-Identifier: MIT
// Panels with their memory, for tests.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/panel.hpp"

namespace lockstep {

/// A panel with its memory; the padding holds NaN, so that a result that depends on it is seen.
class PanelBuffer {
 public:
  PanelBuffer(Index rows, Index columns)
      : buffer_{panel_scalars(rows, columns)}, panel_{buffer_.data(), rows, columns, padded(rows)} {
    std::fill_n(buffer_.data(), buffer_.size(), std::numeric_limits<Scalar>::quiet_NaN());
  }
  /// `values`: one column after the other.
  PanelBuffer(Index rows, const std::vector<Scalar>& values)
      : PanelBuffer{rows, static_cast<Index>(values.size()) / rows} {
    for (Index column = 0; column < panel_.columns; ++column)
      std::copy_n(values.begin() + column * rows, rows, panel_.column(column));
  }
  [[nodiscard]] Panel panel() const { return panel_; }
  /// Without padding, one column after the other.
  [[nodiscard]] std::vector<double> values() const {
    std::vector<double> all;
    for (Index column = 0; column < panel_.columns; ++column)
      all.insert(all.end(), panel_.column(column), panel_.column(column) + panel_.rows);
    return all;
  }

 private:
  AlignedBuffer buffer_;
  Panel panel_;
};

}  // namespace lockstep
