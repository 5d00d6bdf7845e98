// SPDX-License-Identifier: MIT
// Laying parameter blocks out in one buffer.
#include "core/parameter_layout.hpp"

#include <utility>

namespace lockstep {

Index ParameterLayout::add(std::string name, Index fan_in, Index units, bool bias) {
  blocks_.push_back({.name = std::move(name), .fan_in = fan_in, .units = units, .offset = buffer_size_, .bias = bias});
  buffer_size_ += padded(fan_in * units);
  return static_cast<Index>(blocks_.size()) - 1;
}

Index ParameterLayout::parameters() const noexcept {
  Index total = 0;
  for (const ParameterBlock& block : blocks_) total += block.size();
  return total;
}

}  // namespace lockstep
