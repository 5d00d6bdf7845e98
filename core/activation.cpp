// SPDX-License-Identifier: MIT
// Activations: names, the walk over panels, softmax.
#include "core/activation.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "core/activation_kernels.hpp"
#include "core/names.hpp"

namespace lockstep {
namespace {

constexpr std::array<Named<Activation>, 12> names{{
    {Activation::step, "step"},
    {Activation::sign, "sign"},
    {Activation::linear, "linear"},
    {Activation::piecewise_linear, "piecewise-linear"},
    {Activation::logistic, "logistic"},
    {Activation::tanh, "tanh"},
    {Activation::relu, "relu"},
    {Activation::leaky_relu, "leaky-relu"},
    {Activation::elu, "elu"},
    {Activation::gelu, "gelu"},
    {Activation::silu, "silu"},
    {Activation::softmax, "softmax"},
}};

/// Calls the kernel on runs that cover every row, and of the padding what the last row's aligned unit holds.
template <class Kernel, bool with_slope>
void run_over(Panel values, Panel slope) {
  const Index column_scalars = padded(values.rows);
  const bool dense = column_scalars == values.stride;
  const Index columns = dense ? std::min<Index>(1, values.columns) : values.columns;
  const Index scalars = dense ? column_scalars * values.columns : column_scalars;
  for (Index column = 0; column < columns; ++column) {
    for (Index first = 0; first < scalars; first += kernels::run_scalars) {
      const Index count = std::min(kernels::run_scalars, scalars - first);
      Scalar* slopes = nullptr;
      if constexpr (with_slope) slopes = slope.column(column) + first;
      Kernel::template run<with_slope>(values.column(column) + first, slopes, count);
    }
  }
}

/// Folds the whole units of values[0, count) in lanes, then the lanes and the remaining values one by one: an order
/// that neither the address nor the width of vectors changes, and quick for the ten values of a usual softmax.
template <class Combine>
Scalar fold(const Scalar* values, Index count, Scalar start, Combine combine) {
  Scalar folded = start;
  Index first = 0;
  if (count >= alignment_scalars) {
    std::array<Scalar, static_cast<std::size_t>(alignment_scalars)> lanes;
    lanes.fill(start);
    for (; first + alignment_scalars <= count; first += alignment_scalars) {
      for (std::size_t lane = 0; lane < lanes.size(); ++lane)
        lanes[lane] = combine(lanes[lane], values[first + static_cast<Index>(lane)]);
    }
    for (const Scalar lane : lanes) folded = combine(folded, lane);
  }
  for (; first < count; ++first) folded = combine(folded, values[first]);
  return folded;
}

/// Shifted by the maximum, so that the largest exponent is 0. A NaN need not be the maximum, but makes the sum NaN.
void softmax_column(Scalar* values, Index rows) {
  auto column = kernels::aligned(values, padded(rows));
  const Scalar largest = fold(values, rows, values[0], [](Scalar a, Scalar b) { return b > a ? b : a; });
  column = (column - largest).exp();
  column /= fold(values, rows, Scalar{0}, [](Scalar a, Scalar b) { return a + b; });
}

template <bool with_slope>
void dispatch(Activation activation, Panel values, Panel slope) {
  using namespace kernels;
  switch (activation) {
    case Activation::linear:
      return run_over<Plain<Linear>, with_slope>(values, slope);
    case Activation::piecewise_linear:
      return run_over<Plain<PiecewiseLinear>, with_slope>(values, slope);
    case Activation::logistic:
      return run_over<Logistic, with_slope>(values, slope);
    case Activation::tanh:
      return run_over<Tanh, with_slope>(values, slope);
    case Activation::relu:
      return run_over<Plain<Relu>, with_slope>(values, slope);
    case Activation::leaky_relu:
      return run_over<Plain<LeakyRelu>, with_slope>(values, slope);
    case Activation::elu:
      return run_over<Elu, with_slope>(values, slope);
    case Activation::gelu:
      return run_over<Gelu, with_slope>(values, slope);
    case Activation::silu:
      return run_over<Silu, with_slope>(values, slope);
    case Activation::step:
    case Activation::sign:
    case Activation::softmax:
      assert(false && "this activation leaves no slope");
  }
}

}  // namespace

std::string_view name_of(Activation activation) { return text_in(names, activation); }

Activation activation_named(std::string_view name) { return value_in(names, "activation", name); }

bool trainable(Activation activation) { return activation != Activation::step && activation != Activation::sign; }

void activate(Activation activation, Panel values) {
  switch (activation) {
    case Activation::linear:
      return;
    case Activation::step:
      return run_over<kernels::Plain<kernels::Step>, false>(values, {});
    case Activation::sign:
      return run_over<kernels::Plain<kernels::Sign>, false>(values, {});
    case Activation::softmax:
      for (Index column = 0; column < values.columns; ++column) softmax_column(values.column(column), values.rows);
      return;
    default:
      return dispatch<false>(activation, values, {});
  }
}

void activate_with_slope(Activation activation, Panel values, Panel slope) {
  assert(slope.rows == values.rows && slope.columns == values.columns && slope.stride == values.stride);
  dispatch<true>(activation, values, slope);
}

}  // namespace lockstep
