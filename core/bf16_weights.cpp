// SPDX-License-Identifier: MIT
// Rounding weights, some units at a time.
#include "core/bf16_weights.hpp"

#include <algorithm>

#include "core/bf16_packing.hpp"

namespace lockstep {
namespace {

/// Of a piece: whole blocks in either order. Their weights are read once and packed twice from a core's own cache.
constexpr Index units_of_piece = bf16_block_terms;
constexpr Index inputs_at_once = 2 * bf16_block_terms;

}  // namespace

Bf16Weights::Bf16Weights(const Network& network) : network_{network} {
  const std::vector<ParameterBlock>& blocks = network.layout().blocks();
  const std::vector<Index>& first_layer = network.layers().front()->blocks();
  const auto goes_back = [&](Index block) {
    return std::find(first_layer.begin(), first_layer.end(), block) == first_layer.end();
  };
  by_unit_.resize(blocks.size());
  by_input_.resize(blocks.size());
  Index scalars = 0;
  const auto carve = [&](bool measure) {
    Scalar* memory = memory_.data();
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const ParameterBlock& block = blocks[i];
      if (block.bias) continue;
      const Index size = bf16_scalars(block.units, block.fan_in);
      const Index turned = goes_back(static_cast<Index>(i)) ? bf16_scalars(block.fan_in, block.units) : 0;
      scalars += size + turned;
      if (measure) continue;
      by_unit_[i] = bf16_operand<Bf16Rows>(memory, block.units, block.fan_in);
      if (turned > 0) by_input_[i] = bf16_operand<Bf16Rows>(memory + size, block.fan_in, block.units);
      memory += size + turned;
      for (Index unit = 0; unit < block.units; unit += units_of_piece)
        pieces_.push_back(
            {.block = static_cast<Index>(i), .units = {unit, std::min(unit + units_of_piece, block.units)}});
    }
  };
  carve(/*measure=*/true);
  memory_ = AlignedBuffer{scalars};
  carve(/*measure=*/false);
}

void Bf16Weights::refresh(Index piece, std::span<const Scalar> parameters) {
  const auto [index, units] = pieces_[static_cast<std::size_t>(piece)];
  const ParameterBlock& block = network_.layout().blocks()[static_cast<std::size_t>(index)];
  for (Index input = 0; input < block.fan_in; input += inputs_at_once) {
    const Bf16Source part{.data = parameters.data() + block.offset + units.begin * block.fan_in + input,
                          .rows = std::min(inputs_at_once, block.fan_in - input),
                          .columns = units.size(),
                          .stride = block.fan_in,
                          .first_row = input,
                          .first_column = units.begin};
    pack_columns(part, by_unit(index));
    pack_rows(part, by_input(index));
  }
}

}  // namespace lockstep
