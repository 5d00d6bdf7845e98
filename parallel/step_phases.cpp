// SPDX-License-Identifier: MIT
// Adding up traces of steps.
#include "parallel/step_phases.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <functional>

#include "parallel/collective_timing.hpp"
#include "parallel/step_benchmark.hpp"
#include "parallel/timed_communicator.hpp"
#include "parallel/trace.hpp"

namespace lockstep {
namespace {

/// In the order of a step.
constexpr std::array<std::string_view, 10> phase_names{"gather",          "round weights",   "forward", "loss",
                                                       "backward",        "weight gradient", "update",  "exchange: add",
                                                       "exchange: start", "exchange: wait"};
using Seconds = std::array<double, phase_names.size()>;

/// Traces grow with their steps.
constexpr Index most_steps = 2000;

/// Of all threads of all ranks; the same on every rank.
Seconds total(const std::vector<ThreadTrace>& traces, Communicator& communicator) {
  Seconds sums{};
  for (const auto& [name, seconds] : seconds_by_phase(traces)) {
    const auto place = std::ranges::find(phase_names, name);
    assert(place != phase_names.end() && "its time would be nobody's");
    if (place != phase_names.end()) sums[static_cast<std::size_t>(place - phase_names.begin())] = seconds;
  }
  for (double& seconds : sums) seconds = sum_over_ranks(seconds, communicator);
  return sums;
}

/// Of one step over all ranks; 0: none that count.
double flop_of(std::string_view phase, const StepFlop& flop) {
  if (phase == "forward") return flop.forward;
  if (phase == "backward") return flop.backward;
  return phase == "weight gradient" ? flop.weight_gradient : 0;
}

}  // namespace

StepPhases measure_phases(const StepCase& what, int repetitions, double seconds, Communicator& communicator,
                          Workers& workers) {
  TimedCommunicator traced{communicator};
  const bool alone = communicator.ranks() == 1;  // messages to itself are no phase
  StepLoop loop{what, SumOrder::tree, alone ? communicator : traced, workers};
  const auto step = [&] { loop.step(); };
  const Index steps = std::min(most_steps, calls_for(seconds, communicator, step));
  const double all_workers = sum_over_ranks(workers.threads(), communicator);
  Seconds spent{};
  double taken = 0;
  double possible = 0;  // operations, at the peak, in that time
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    const double peak = measure_peak(seconds / 10, communicator, workers);
    start_tracing();
    const double repetition_taken = collective_seconds(steps, communicator, step);
    const Seconds of_repetition = total(stop_tracing(), communicator);
    std::ranges::transform(spent, of_repetition, spent.begin(), std::plus{});
    taken += repetition_taken;
    possible += peak * repetition_taken;
  }

  const StepFlop flop = step_flop(what);
  const double all_steps = static_cast<double>(steps) * repetitions;
  const double peak_of_worker = possible / taken / all_workers;
  StepPhases result{.samples_per_second = static_cast<double>(what.batch_size) * all_steps / taken,
                    .flops = flop.total() * all_steps / taken,
                    .peak_flops = possible / taken,
                    .phases = {}};
  double left = 1;
  for (std::size_t i = 0; i < spent.size(); ++i) {
    StepPhase phase{.name = phase_names[i], .of_time = spent[i] / (taken * all_workers)};
    if (spent[i] > 0) phase.of_peak = flop_of(phase.name, flop) * all_steps / (spent[i] * peak_of_worker);
    left -= phase.of_time;
    result.phases.push_back(phase);
  }
  result.phases.push_back({.name = "other", .of_time = left});
  return result;
}

}  // namespace lockstep
