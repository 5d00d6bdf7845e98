// SPDX-License-Identifier: MIT
// What does an activation with its slope cost a unit, in a panel that stays in the second-level cache? `linear` is the
// price of going there.
#include <benchmark/benchmark.h>

#include "core/activation.hpp"
#include "core/aligned_buffer.hpp"

namespace lockstep {
namespace {

void activation(benchmark::State& state, const char* name) {
  constexpr Index units = 512, samples = 128;
  AlignedBuffer values{panel_scalars(units, samples)};
  AlignedBuffer slopes{panel_scalars(units, samples)};
  for (Index i = 0; i < values.size(); ++i) values.data()[i] = static_cast<Scalar>(i % 17) / 4 - 2;
  const Activation which = activation_named(name);
  for (auto _ : state)
    activate_with_slope(which, {values.data(), units, samples, units}, {slopes.data(), units, samples, units});
  state.counters["units/s"] = benchmark::Counter(units * samples, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(activation, linear, "linear");
BENCHMARK_CAPTURE(activation, relu, "relu");
BENCHMARK_CAPTURE(activation, tanh, "tanh");
BENCHMARK_CAPTURE(activation, logistic, "logistic");
BENCHMARK_CAPTURE(activation, silu, "silu");
BENCHMARK_CAPTURE(activation, elu, "elu");
BENCHMARK_CAPTURE(activation, gelu, "gelu");

}  // namespace
}  // namespace lockstep
