// SPDX-License-Identifier: MIT
// What does a sample of 784 features cost on its way into a shard, by stored type, with scaling and without? A shard of
// 128 samples, whose rows lie in the caches.
#include <benchmark/benchmark.h>

#include "core/aligned_buffer.hpp"
#include "io/gather.hpp"

namespace lockstep {
namespace {

void gather(benchmark::State& state, Element element, bool scaled) {
  constexpr Index features = 784, samples = 128;
  const std::vector<std::byte> stored(static_cast<std::size_t>(features) * bytes_of(element));
  AlignedBuffer shard{panel_scalars(features, samples)};
  AffineTransform transform;
  if (scaled) transform = {std::vector<Scalar>(features, 0), std::vector<Scalar>(features, Scalar(1.0 / 255))};
  for (auto _ : state)
    for (Index sample = 0; sample < samples; ++sample)
      benchmark::DoNotOptimize(gather_column(element, {stored.data(), stored.data()}, transform,
                                             {shard.data() + sample * padded(features), features}));
  state.counters["samples/s"] = benchmark::Counter(samples, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK_CAPTURE(gather, uint8, Element::uint8, false);
BENCHMARK_CAPTURE(gather, uint8_scaled, Element::uint8, true);
BENCHMARK_CAPTURE(gather, float32, Element::float32, false);
BENCHMARK_CAPTURE(gather, float32_scaled, Element::float32, true);

}  // namespace
}  // namespace lockstep
