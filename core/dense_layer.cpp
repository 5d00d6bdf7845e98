// SPDX-License-Identifier: MIT
// Forward and backward of a dense layer on the rows of one shard.
#include "core/dense_layer.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bf16_packing.hpp"
#include "core/bf16_product.hpp"
#include "core/bf16_weights.hpp"
#include "core/dropout.hpp"
#include "core/gemm.hpp"

namespace lockstep {
namespace {

[[maybe_unused]] bool is_aligned(const Scalar* data) {
  return reinterpret_cast<std::uintptr_t>(data) % alignment_bytes == 0;
}

/// Columns that are finished together: bias, activation and mask meet them while they are in the first-level cache.
constexpr Index finished_columns = 16;

/// body(columns) for all columns, `count` at a time.
template <class Body>
void for_columns(Index all, Index count, const Body& body) {
  for (Index first = 0; first < all; first += count) body(Range{first, std::min(first + count, all)});
}

/// Some rows of some columns, as a panel that elementwise functions accept.
Panel part(Panel panel, Range rows, Range columns) {
  if (panel.data == nullptr) return {};
  return {.data = panel.column(columns.begin) + rows.begin,
          .rows = rows.size(),
          .columns = columns.size(),
          .stride = panel.stride};
}

void add_bias(const Scalar* bias, Panel values) {
  for (Index column = 0; column < values.columns; ++column) {
    Scalar* column_values = values.column(column);
    for (Index row = 0; row < values.rows; ++row) column_values[row] += bias[row];
  }
}

/// Rows [rows.begin, ...) of the slope, times a gradient that lies without gaps.
void multiply_slope(const Scalar* gradient, Panel slope, Range rows, Range columns) {
  for (Index column = columns.begin; column < columns.end; ++column) {
    const Scalar* from = gradient + column * rows.size();
    Scalar* to = slope.column(column) + rows.begin;
    for (Index row = 0; row < rows.size(); ++row) to[row] *= from[row];
  }
}

/// Scratch: the gradient by a layer's input before it meets the slope.
struct InputGradient {};

}  // namespace

DenseLayer::DenseLayer(DenseSpec spec, ParameterLayout& layout) : spec_{std::move(spec)} {
  blocks_.push_back(layout.add(spec_.name + "/weights", spec_.inputs, spec_.outputs, /*bias=*/false));
  blocks_.push_back(layout.add(spec_.name + "/bias", 1, spec_.outputs, /*bias=*/true));
  weights_offset_ = layout.blocks()[static_cast<std::size_t>(blocks_[0])].offset;
  bias_offset_ = layout.blocks()[static_cast<std::size_t>(blocks_[1])].offset;
}

void DenseLayer::forward(const Pass& pass, const Scalar* parameters, ConstPanel input, Panel output, Panel slope,
                         Range rows) const {
  // Products begin at the same place of an aligned unit in every run: see Product.
  assert(rows.begin % alignment_scalars == 0);
  assert(is_aligned(parameters) && is_aligned(input.data) && is_aligned(output.data));
  multiply({.transpose_a = Transpose::yes,
            .m = rows.size(),
            .n = input.columns,
            .k = spec_.inputs,
            .a = parameters + weights_offset_ + rows.begin * spec_.inputs,
            .lda = spec_.inputs,
            .b = input.data,
            .ldb = input.stride,
            .c = output.data + rows.begin,
            .ldc = output.stride});
  for_columns(output.columns, finished_columns,
              [&](Range columns) { finish(pass, parameters, output, slope, rows, columns); });
}

void DenseLayer::forward(const Pass& pass, const Scalar* parameters, const Bf16Weights& weights, const Bf16Panel& input,
                         Panel output, Panel slope, const Bf16Panel& packed, Range rows) const {
  multiply({.rows = weights.by_unit(blocks_[0]).part(rows),
            .columns = input.samples,
            .c = output.data + rows.begin,
            .ldc = output.stride});
  for_columns(output.columns, bf16_packed_columns, [&](Range columns) {
    finish(pass, parameters, output, slope, rows, columns);
    pack_outputs(output, rows, columns, packed);
  });
}

void DenseLayer::finish(const Pass& pass, const Scalar* parameters, Panel output, Panel slope, Range rows,
                        Range columns) const {
  const Panel values = part(output, rows, columns);
  const Panel slopes = part(slope, rows, columns);
  add_bias(parameters + bias_offset_ + rows.begin, values);
  if (slope.data != nullptr && spec_.activation != Activation::softmax)
    activate_with_slope(spec_.activation, values, slopes);
  else
    activate(spec_.activation, values);
  if (!pass.training || spec_.dropout <= 0) return;
  const StreamKey key = stream_key(pass.seed, Purpose::dropout, pass.step, static_cast<std::uint64_t>(spec_.number));
  apply_dropout(spec_.dropout, key, pass.first_position + columns.begin, rows.begin, values, slopes);
}

void DenseLayer::backward(const Scalar* parameters, std::span<const BackwardShard> shards, Range rows) const {
  // Each shard's gradient begins at an aligned unit, whichever shards are before it: see Product.
  const auto gradient_size = [rows](const BackwardShard& shard) { return padded(rows.size() * shard.delta.columns); };
  Index size = 0;
  for (const BackwardShard& shard : shards) size += gradient_size(shard);
  Scalar* gradient = thread_scratch<InputGradient>(size).data();
  thread_local std::vector<RightFactor> products;
  products.clear();
  for (const BackwardShard& shard : shards) {
    products.push_back({.b = shard.delta.data,
                        .ldb = shard.delta.stride,
                        .n = shard.delta.columns,
                        .c = gradient,
                        .ldc = rows.size()});
    gradient += gradient_size(shard);
  }
  multiply_each(
      {.a = parameters + weights_offset_ + rows.begin, .lda = spec_.inputs, .m = rows.size(), .k = spec_.outputs},
      products);
  for (std::size_t i = 0; i < shards.size(); ++i)
    multiply_slope(products[i].c, shards[i].input_slope, rows, {0, products[i].n});
}

void DenseLayer::backward(const Bf16Weights& weights, const Bf16Panel& delta, Panel input_slope,
                          const Bf16Panel& packed, Range rows) const {
  Scalar* gradient = thread_scratch<InputGradient>(rows.size() * input_slope.columns).data();
  multiply(
      {.rows = weights.by_input(blocks_[0]).part(rows), .columns = delta.samples, .c = gradient, .ldc = rows.size()});
  for_columns(input_slope.columns, bf16_packed_columns, [&](Range columns) {
    multiply_slope(gradient, input_slope, rows, columns);
    pack_deltas(input_slope, rows, columns, packed);
  });
}

GradientPair DenseLayer::gradient_pair(Index block, ConstPanel input, ConstPanel delta) const {
  return {.input = block == blocks_[0] ? input : ConstPanel{}, .delta = delta};
}

Bf16GradientPair DenseLayer::gradient_pair(Index /*block*/, const Bf16Panel& input, const Bf16Panel& delta) const {
  return {.input = input.units, .delta = delta.deltas};
}

}  // namespace lockstep
