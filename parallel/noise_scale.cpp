// SPDX-License-Identifier: MIT
// Norms of samples' gradients from columns, and the estimates made of them.
#include "parallel/noise_scale.hpp"

#include "core/norm.hpp"

namespace lockstep {
namespace {

double column_square(ConstPanel panel, Index column) {
  return sum_of_squares({panel.column(column), static_cast<std::size_t>(panel.rows)});
}

}  // namespace

void NoiseSums::add(const GradientNorms& norms) {
  if (norms.samples < 2) return;
  steps += 1;
  variance += (norms.sample_square - norms.batch_square) / (1 - 1 / norms.samples);
  signal += (norms.samples * norms.batch_square - norms.sample_square) / (norms.samples - 1);
}

std::optional<double> NoiseSums::scale() const {
  return steps > 0 && signal > 0 ? std::optional{variance / signal} : std::nullopt;
}

double squared_sample_gradients(const Network& network, const ShardBuffers& shard) {
  double sum = 0;
  for (std::size_t layer = 0; layer < network.layers().size(); ++layer)
    for (const Index block : network.layers()[layer]->blocks()) {
      const GradientPair pair =
          network.layers()[layer]->gradient_pair(block, shard.input_of(layer), shard.slopes[layer]);
      for (Index column = 0; column < pair.delta.columns; ++column) {
        const double input = pair.input.data == nullptr ? 1 : column_square(pair.input, column);  // a bias' is 1
        sum += input * column_square(pair.delta, column);
      }
    }
  return sum;
}

}  // namespace lockstep
