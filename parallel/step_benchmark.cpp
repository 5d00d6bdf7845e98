// SPDX-License-Identifier: MIT
// Timing training steps.
#include "parallel/step_benchmark.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>

#include "core/peak_rate.hpp"
#include "parallel/collective_timing.hpp"
#include "parallel/timed_communicator.hpp"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

StepFlop step_flop(const StepCase& what) {
  double weights = 0;
  for (std::size_t i = 0; i + 1 < what.sizes.size(); ++i)
    weights += static_cast<double>(what.sizes[i]) * static_cast<double>(what.sizes[i + 1]);
  const double first = static_cast<double>(what.sizes[0]) * static_cast<double>(what.sizes[1]);
  const double twice = 2 * static_cast<double>(what.batch_size);
  return {.forward = twice * weights, .backward = twice * (weights - first), .weight_gradient = twice * weights};
}

double measure_peak(double seconds, Communicator& communicator, Workers& workers) {
  constexpr Index rounds = 20'000;  // some tens of microseconds
  const auto threads = static_cast<Index>(workers.threads());
  (void)gather_each(0, communicator);  // all begin together
  const Clock::time_point start = Clock::now();
  std::atomic<double> operations = 0;
  while (seconds_since(start) < seconds)
    workers.for_each(32 * threads, [&](Index) { operations += multiply_adds_in_registers(rounds); });
  return sum_over_ranks(operations / seconds_since(start), communicator);
}

std::vector<StepRate> measure_steps(const StepCase& what, int repetitions, double seconds, Communicator& communicator,
                                    Workers& workers) {
  TimedCommunicator timed{communicator};
  StepLoop loop{what, SumOrder::tree, timed, workers};
  const auto step = [&] { loop.step(); };
  const Index steps = calls_for(seconds, communicator, step);
  std::vector<StepRate> rates;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    StepRate rate{.peak_flops = measure_peak(seconds / 10, communicator, workers)};
    const double waited = timed.seconds();
    const double taken = collective_seconds(steps, communicator, step);
    rate.exposed = sum_over_ranks(timed.seconds() - waited, communicator) / communicator.ranks() / taken;
    rate.samples_per_second = static_cast<double>(steps * what.batch_size) / taken;
    rate.flops = static_cast<double>(steps) * step_flop(what).total() / taken;
    rates.push_back(rate);
  }
  return rates;
}

std::vector<double> measure_tree_cost(const StepCase& what, int repetitions, double seconds, Communicator& communicator,
                                      Workers& workers) {
  StepLoop ordered{what, SumOrder::tree, communicator, workers};
  StepLoop unordered{what, SumOrder::as_they_come, communicator, workers};
  const Index steps = calls_for(seconds / 2, communicator, [&] { ordered.step(); });
  const auto time = [&](StepLoop& loop) { return collective_seconds(steps, communicator, [&] { loop.step(); }); };
  (void)time(unordered);  // both have run before the first is timed
  std::vector<double> ratios;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    const bool first = repetition % 2 == 0;
    const double one = time(first ? ordered : unordered);
    const double other = time(first ? unordered : ordered);
    ratios.push_back(first ? one / other : other / one);
  }
  return ratios;
}

}  // namespace lockstep
