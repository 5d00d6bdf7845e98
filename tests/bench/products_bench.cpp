// SPDX-License-Identifier: MIT
// Which share of the peak do the three products of a dense layer reach, by the columns of a shard? The peak (of floats)
// is the first row. And how much faster are products in bfloat16, of operands that are packed already?
#include <benchmark/benchmark.h>

#include "core/aligned_buffer.hpp"
#include "core/bf16_product.hpp"
#include "core/gemm.hpp"
#include "core/peak_rate.hpp"

namespace lockstep {
namespace {

void count_flop(benchmark::State& state, double flop) {
  state.counters["flop/s"] = benchmark::Counter(flop, benchmark::Counter::kIsIterationInvariantRate);
}

void peak(benchmark::State& state) {
  constexpr Index rounds = 20'000;
  double flop = 0;
  for (auto _ : state) flop = multiply_adds_in_registers(rounds);
  count_flop(state, flop);
}
BENCHMARK(peak);

/// Operands of a layer of `units` units over `inputs` inputs, for `samples` columns.
struct Operands {
  Operands(Index units, Index inputs, Index samples)
      : weights{padded(inputs) * units}, input{padded(inputs) * samples}, output{padded(units) * samples} {
    for (AlignedBuffer* buffer : {&weights, &input, &output})
      for (Scalar& value : buffer->span()) value = Scalar(0.5);
  }
  AlignedBuffer weights, input, output;
};

/// Outputs = weights^T x inputs.
void forward(benchmark::State& state) {
  const Index units = state.range(0), inputs = state.range(1), samples = state.range(2);
  Operands with{units, inputs, samples};
  for (auto _ : state)
    multiply({.transpose_a = Transpose::yes,
              .m = units,
              .n = samples,
              .k = inputs,
              .a = with.weights.data(),
              .lda = inputs,
              .b = with.input.data(),
              .ldb = padded(inputs),
              .c = with.output.data(),
              .ldc = padded(units)});
  count_flop(state, 2.0 * static_cast<double>(units * inputs * samples));
}

/// Deltas of the inputs = weights x deltas of the outputs.
void backward(benchmark::State& state) {
  const Index units = state.range(0), inputs = state.range(1), samples = state.range(2);
  Operands with{units, inputs, samples};
  for (auto _ : state)
    multiply({.m = inputs,
              .n = samples,
              .k = units,
              .a = with.weights.data(),
              .lda = inputs,
              .b = with.output.data(),
              .ldb = padded(units),
              .c = with.input.data(),
              .ldc = padded(inputs)});
  count_flop(state, 2.0 * static_cast<double>(units * inputs * samples));
}

/// Gradient of the weights = inputs x deltas^T.
void weight_gradient(benchmark::State& state) {
  const Index units = state.range(0), inputs = state.range(1), samples = state.range(2);
  Operands with{units, inputs, samples};
  for (auto _ : state)
    multiply({.transpose_b = Transpose::yes,
              .m = inputs,
              .n = units,
              .k = samples,
              .a = with.input.data(),
              .lda = padded(inputs),
              .b = with.output.data(),
              .ldb = padded(units),
              .c = with.weights.data(),
              .ldc = inputs});
  count_flop(state, 2.0 * static_cast<double>(units * inputs * samples));
}

/// Any of the three, in bfloat16: C is rows x columns, each element a sum over `terms` products.
void bf16(benchmark::State& state) {
  if (!bf16_instruction_set()) return state.SkipWithError(bf16_problem().c_str());
  const Index rows = state.range(0), columns = state.range(1), terms = state.range(2);
  AlignedBuffer memory{bf16_scalars(rows, terms) + bf16_scalars(columns, terms)};
  AlignedBuffer c{padded(rows) * columns};
  for (auto _ : state)
    multiply({.rows = bf16_operand<Bf16Rows>(memory.data(), rows, terms),
              .columns = bf16_operand<Bf16Columns>(memory.data() + bf16_scalars(rows, terms), columns, terms),
              .c = c.data(),
              .ldc = padded(rows)});
  count_flop(state, 2.0 * static_cast<double>(rows * columns * terms));
}

void pieces(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"rows", "columns", "terms"});
  for (const Index samples : {32, 128, 256, 512}) {
    benchmark->Args({512, samples, 2048});
    benchmark->Args({512, 256, samples});
  }
}

void layers(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"units", "inputs", "samples"});
  for (const Index samples : {8, 32, 128, 512})
    for (const auto& [units, inputs] : {std::pair<Index, Index>{512, 784}, {512, 512}, {10, 512}})
      benchmark->Args({units, inputs, samples});
}
BENCHMARK(forward)->Apply(layers);
BENCHMARK(backward)->Apply(layers);
BENCHMARK(weight_gradient)->Apply(layers);
BENCHMARK(bf16)->Apply(pieces);

}  // namespace
}  // namespace lockstep
