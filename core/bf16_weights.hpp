// SPDX-License-Identifier: MIT
// A network's weights in bfloat16, as the products of both directions read them.
#pragma once

#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bf16_operand.hpp"
#include "core/network.hpp"

namespace lockstep {

/// A rounded copy of all weights in two orders; biases stay floats. It is made anew, piece by piece, whenever the
/// parameters have changed.
class Bf16Weights {
 public:
  explicit Bf16Weights(const Network& network);

  /// Parts that can be refreshed at the same time.
  [[nodiscard]] Index pieces() const noexcept { return static_cast<Index>(pieces_.size()); }
  /// Takes one part over from the network's parameters. Thread-safe on distinct pieces.
  void refresh(Index piece, std::span<const Scalar> parameters);

  /// By block of the layout. Lines are units, terms inputs.
  [[nodiscard]] const Bf16Rows& by_unit(Index block) const { return by_unit_[static_cast<std::size_t>(block)]; }
  /// Lines are inputs, terms units. Nothing for the first layer, whose inputs need no gradient.
  [[nodiscard]] const Bf16Rows& by_input(Index block) const { return by_input_[static_cast<std::size_t>(block)]; }

 private:
  struct Piece {
    Index block;
    Range units;
  };

  const Network& network_;
  std::vector<Piece> pieces_;
  std::vector<Bf16Rows> by_unit_;
  std::vector<Bf16Rows> by_input_;
  AlignedBuffer memory_;
};

}  // namespace lockstep
