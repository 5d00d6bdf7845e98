// SPDX-License-Identifier: MIT
// Forward and backward of a dense layer on the rows of one shard.
#include "core/dense_layer.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

#include "core/aligned_buffer.hpp"
#include "core/dropout.hpp"
#include "core/gemm.hpp"

namespace lockstep {
namespace {

[[maybe_unused]] bool is_aligned(const Scalar* data) {
  return reinterpret_cast<std::uintptr_t>(data) % alignment_bytes == 0;
}

/// Columns that are finished together: bias, activation and mask meet them while they are in the first-level cache.
constexpr Index finished_columns = 16;

/// Rows `rows` of `columns` columns from `first` on, as a panel that elementwise functions accept.
Panel part(Panel panel, Range rows, Index first, Index columns) {
  if (panel.data == nullptr) return {};
  return {.data = panel.column(first) + rows.begin, .rows = rows.size(), .columns = columns, .stride = panel.stride};
}

void add_bias(const Scalar* bias, Panel values) {
  for (Index column = 0; column < values.columns; ++column) {
    Scalar* column_values = values.column(column);
    for (Index row = 0; row < values.rows; ++row) column_values[row] += bias[row];
  }
}

/// What follows the product, for any part of a shard.
struct Finish {
  const DenseSpec& spec;
  const Pass& pass;

  void operator()(Index first_column, Index first_row, Panel values, Panel slope) const {
    if (slope.data != nullptr && spec.activation != Activation::softmax)
      activate_with_slope(spec.activation, values, slope);
    else
      activate(spec.activation, values);
    if (!pass.training || spec.dropout <= 0) return;
    const StreamKey key = stream_key(pass.seed, Purpose::dropout, pass.step, static_cast<std::uint64_t>(spec.number));
    apply_dropout(spec.dropout, key, pass.first_position + first_column, first_row, values, slope);
  }
};

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
  const Finish finish{spec_, pass};
  for (Index first = 0; first < output.columns; first += finished_columns) {
    const Index columns = std::min(finished_columns, output.columns - first);
    const Panel values = part(output, rows, first, columns);
    add_bias(parameters + bias_offset_ + rows.begin, values);
    finish(first, rows.begin, values, part(slope, rows, first, columns));
  }
}

void DenseLayer::backward(const Scalar* parameters, ConstPanel delta, Panel input_slope, Range rows) const {
  Scalar* gradient = thread_scratch<InputGradient>(rows.size() * delta.columns).data();
  multiply({.m = rows.size(),
            .n = delta.columns,
            .k = spec_.outputs,
            .a = parameters + weights_offset_ + rows.begin,
            .lda = spec_.inputs,
            .b = delta.data,
            .ldb = delta.stride,
            .c = gradient,
            .ldc = rows.size()});
  for (Index column = 0; column < delta.columns; ++column) {
    const Scalar* from = gradient + column * rows.size();
    Scalar* slope = input_slope.column(column) + rows.begin;
    for (Index row = 0; row < rows.size(); ++row) slope[row] *= from[row];
  }
}

GradientPair DenseLayer::gradient_pair(Index block, ConstPanel input, ConstPanel delta) const {
  return {.input = block == blocks_[0] ? input : ConstPanel{}, .delta = delta};
}

}  // namespace lockstep
