// SPDX-License-Identifier: MIT
// The loop over parameters that every update rule shares.
#include "core/optimizer.hpp"

#include <array>
#include <cassert>

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
template <class Rule, class... State>
void step_each(const Rule& rule, const optimizers::GradientTerms& terms, std::size_t count, Scalar* __restrict weights,
               const Scalar* __restrict gradient, State* __restrict... state) {
  for (std::size_t i = 0; i < count; ++i) {
    const Scalar step = rule.step(terms.gradient(weights[i], gradient[i]), state[i]...);
    weights[i] = terms.decayed(weights[i]) - step;
  }
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

void update(const UpdateRule& rule, std::span<Scalar> weights, std::span<const Scalar> gradient,
            std::span<const std::span<Scalar>> state) {
  assert(gradient.size() == weights.size());
  assert(state.size() == state_names(rule.optimizer).size());
  const optimizers::GradientTerms terms{rule};
  const std::size_t count = weights.size();
  switch (rule.optimizer) {
    case Optimizer::sgd:
      return step_each(optimizers::Sgd{rule}, terms, count, weights.data(), gradient.data());
    case Optimizer::momentum:
      return step_each(optimizers::Momentum{rule}, terms, count, weights.data(), gradient.data(), state[0].data());
    case Optimizer::nesterov:
      return step_each(optimizers::Nesterov{rule}, terms, count, weights.data(), gradient.data(), state[0].data());
    case Optimizer::rmsprop:
      return step_each(optimizers::RmsProp{rule}, terms, count, weights.data(), gradient.data(), state[0].data());
    case Optimizer::adam:
    case Optimizer::adamw:
      return step_each(optimizers::Adam{rule}, terms, count, weights.data(), gradient.data(), state[0].data(),
                       state[1].data());
  }
}

}  // namespace lockstep
