// SPDX-License-Identifier: MIT
// The loop over parameters that every update rule shares.
#include "core/optimizer.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "core/finite.hpp"
#include "core/names.hpp"
#include "core/optimizers/adam.hpp"
#include "core/optimizers/gradient_terms.hpp"
#include "core/optimizers/momentum.hpp"
#include "core/optimizers/rmsprop.hpp"
#include "core/optimizers/sgd.hpp"

namespace lockstep {
namespace {

constexpr std::array<Named<Optimizer>, 6> optimizer_names{{{Optimizer::sgd, "sgd"},
                                                           {Optimizer::momentum, "momentum"},
                                                           {Optimizer::nesterov, "nesterov"},
                                                           {Optimizer::rmsprop, "rmsprop"},
                                                           {Optimizer::adam, "adam"},
                                                           {Optimizer::adamw, "adamw"}}};

/// A plain loop without branches or calls: the compiler vectorises it, and its remainder computes the same bits.
/// Returns the greatest exponent of what it wrote.
template <class Rule, class... State>
ScalarBits step_each(const Rule& rule, const optimizers::GradientTerms& terms, Index count, Scalar* __restrict weights,
                     const Scalar* __restrict gradient, State* __restrict... state) {
  ScalarBits greatest = 0;
  for (Index i = 0; i < count; ++i) {
    const Scalar step = rule.step(terms.gradient(weights[i], gradient[i]), state[i]...);
    weights[i] = terms.decayed(weights[i]) - step;
    greatest = std::max(greatest, exponent_bits(weights[i]));
    ((greatest = std::max(greatest, exponent_bits(state[i]))), ...);
  }
  return greatest;
}

/// All columns; those that touch are one.
template <class Rule, class... State>
bool step_columns(const Rule& rule, const UpdateRule& numbers, Index rows, Index columns, Columns<Scalar> weights,
                  Columns<const Scalar> gradient, Columns<State>... state) {
  const optimizers::GradientTerms terms{numbers};
  if (weights.stride == rows && gradient.stride == rows && ((state.stride == rows) && ...)) {
    rows *= columns;
    columns = 1;
  }
  ScalarBits greatest = 0;
  for (Index column = 0; column < columns; ++column)
    greatest = std::max(greatest,
                        step_each(rule, terms, rows, weights.data + column * weights.stride,
                                  gradient.data + column * gradient.stride, (state.data + column * state.stride)...));
  return greatest < no_number;
}

}  // namespace

std::string_view name_of(Optimizer optimizer) { return text_in(optimizer_names, optimizer); }

Optimizer optimizer_named(std::string_view name) { return value_in(optimizer_names, "optimizer", name); }

std::vector<std::string> state_names(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd:
      return {};
    case Optimizer::momentum:
    case Optimizer::nesterov:
      return {"momentum"};
    case Optimizer::rmsprop:
      return {"square"};
    case Optimizer::adam:
    case Optimizer::adamw:
      return {"mean", "square"};
  }
  return {};
}

bool update(const UpdateRule& rule, Index rows, Index columns, Columns<Scalar> weights, Columns<const Scalar> gradient,
            std::span<const Columns<Scalar>> state) {
  assert(state.size() == state_names(rule.optimizer).size());
  const auto step = [&](const auto& form, auto... states) {
    return step_columns(form, rule, rows, columns, weights, gradient, states...);
  };
  switch (rule.optimizer) {
    case Optimizer::sgd:
      return step(optimizers::Sgd{rule});
    case Optimizer::momentum:
      return step(optimizers::Momentum{rule}, state[0]);
    case Optimizer::nesterov:
      return step(optimizers::Nesterov{rule}, state[0]);
    case Optimizer::rmsprop:
      return step(optimizers::RmsProp{rule}, state[0]);
    case Optimizer::adam:
    case Optimizer::adamw:
      return step(optimizers::Adam{rule}, state[0], state[1]);
  }
  return false;
}

}  // namespace lockstep
