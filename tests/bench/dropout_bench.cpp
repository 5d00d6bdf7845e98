// SPDX-License-Identifier: MIT
// What does a dropout mask cost a unit: random numbers and all, of values alone and of values and slopes?
#include <benchmark/benchmark.h>

#include "core/aligned_buffer.hpp"
#include "core/dropout.hpp"

namespace lockstep {
namespace {

void dropout(benchmark::State& state) {
  constexpr Index units = 512, samples = 128;
  AlignedBuffer values{panel_scalars(units, samples)};
  AlignedBuffer slopes{panel_scalars(units, samples)};
  const Panel panel{values.data(), units, samples, units};
  const Panel also = state.range(0) == 2 ? Panel{slopes.data(), units, samples, units} : Panel{};
  const StreamKey key = stream_key(1, Purpose::dropout);
  for (auto _ : state) apply_dropout(0.2, key, 0, 0, panel, also);
  state.counters["units/s"] = benchmark::Counter(units * samples, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(dropout)->ArgName("panels")->Arg(1)->Arg(2);

}  // namespace
}  // namespace lockstep
