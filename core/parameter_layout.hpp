// SPDX-License-Identifier: MIT
// Where each weight and bias lies in the one flat parameter buffer.
#pragma once

#include <string>
#include <vector>

#include "core/types.hpp"

namespace lockstep {

/// One named block: `units` columns of `fan_in` scalars. The incoming weights of a unit are one contiguous column, so
/// that a slice may end after any unit and max-norm never crosses a slice; on disk, the (units, fan_in) array of C
/// order. Biases are a block of their own with fan_in 1.
struct ParameterBlock {
  std::string name;  ///< "hidden1/weights", "hidden1/bias"
  Index fan_in = 0;
  Index units = 0;
  Index offset = 0;  ///< in scalars, a multiple of `alignment_scalars`
  bool bias = false;

  [[nodiscard]] Index size() const noexcept { return fan_in * units; }
};

/// All blocks in order; gaps between them are padding and stay zero.
class ParameterLayout {
 public:
  /// Appends a block and returns its index.
  Index add(std::string name, Index fan_in, Index units, bool bias);
  [[nodiscard]] const std::vector<ParameterBlock>& blocks() const noexcept { return blocks_; }
  [[nodiscard]] Index buffer_size() const noexcept { return buffer_size_; }  ///< scalars, padding included
  [[nodiscard]] Index parameters() const noexcept;                           ///< scalars, padding excluded

 private:
  std::vector<ParameterBlock> blocks_;
  Index buffer_size_ = 0;
};

}  // namespace lockstep
