// SPDX-License-Identifier: MIT
// What does the tree's order cost against adding sums as they come? A tile of 512 x 256 weights, by the number of
// leaves.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/reduction_tree.hpp"

namespace lockstep {
namespace {

constexpr Index tile = Index{512} * 256;

void add(AlignedBuffer& into, const AlignedBuffer& from) {
  for (Index i = 0; i < tile; ++i) into.data()[i] += from.data()[i];
}

void count_adds(benchmark::State& state) {
  state.counters["adds/s"] = benchmark::Counter(static_cast<double>(tile * (state.range(0) - 1)),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

void in_tree_order(benchmark::State& state) {
  const Index leaves = state.range(0);
  std::vector<AlignedBuffer> stack;
  for (int slot = 0; slot < deepest_stack(leaves); ++slot) stack.emplace_back(tile);
  struct Sums {
    std::vector<AlignedBuffer>& stack;
    void add(int into, int from) const {
      lockstep::add(stack[static_cast<std::size_t>(into)], stack[static_cast<std::size_t>(from)]);
    }
  };
  for (auto _ : state) {
    TreeCounter counter;
    for (Index leaf = 0; leaf < leaves; ++leaf) counter.push({.level = 0, .start = leaf}, Sums{stack});
    counter.finish(Sums{stack});
    benchmark::ClobberMemory();
  }
  count_adds(state);
}

void as_they_come(benchmark::State& state) {
  AlignedBuffer sum{tile};
  const AlignedBuffer leaf{tile};
  for (auto _ : state) {
    for (Index i = 1; i < state.range(0); ++i) add(sum, leaf);
    benchmark::ClobberMemory();
  }
  count_adds(state);
}
BENCHMARK(in_tree_order)->ArgName("leaves")->Arg(4)->Arg(7)->Arg(16)->Arg(64);
BENCHMARK(as_they_come)->ArgName("leaves")->Arg(4)->Arg(7)->Arg(16)->Arg(64);

}  // namespace
}  // namespace lockstep
