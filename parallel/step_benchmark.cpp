// SPDX-License-Identifier: MIT
// Timing training steps.
#include "parallel/step_benchmark.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <numeric>

#include "core/optimizer.hpp"
#include "core/peak_rate.hpp"
#include "core/random.hpp"
#include "core/row_order.hpp"
#include "parallel/collective_timing.hpp"
#include "parallel/step_engine.hpp"
#include "parallel/timed_communicator.hpp"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t seed = 1;
constexpr Index least_samples = 8192;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

Model benchmark_model(const StepCase& what) {
  Network network{{.inputs = what.sizes.front(),
                   .hidden = {what.sizes.begin() + 1, what.sizes.end() - 1},
                   .outputs = what.sizes.back(),
                   .activation = Activation::relu,
                   .output = Activation::softmax}};
  AlignedBuffer parameters = network.initial_parameters(Initializer::he, seed);
  return {.network = std::move(network),
          .parameters = std::move(parameters),
          .loss = Loss::cross_entropy,
          .task = Task::classification,
          .classes = what.sizes.back()};
}

/// Steps over made-up data, one after another as in an epoch.
class StepLoop {
 public:
  StepLoop(const StepCase& what, SumOrder order, Communicator& communicator, Workers& workers)
      : batch_{what.batch_size},
        features_{what.sizes.front(), std::max(least_samples, what.batch_size)},
        labels_(static_cast<std::size_t>(features_.cols())),
        model_{benchmark_model(what)},
        engine_{model_,
                {.batch_size = what.batch_size,
                 .plan = plan_work(what.batch_size, what.shard_size),
                 .optimizer = Optimizer::momentum,
                 .precision = what.precision,
                 .exchange = what.exchange,
                 .order = order},
                communicator,
                workers},
        order_{features_.cols(), {}, stream_key(seed, Purpose::shuffle, 0, 0)} {
    fill();
    data_ = dataset_over(features_, labels_, what.sizes.back());
  }

  void step() {
    const Index batches = features_.cols() / batch_;
    const Index first = static_cast<Index>(step_) % batches * batch_;
    const Samples samples{
        .data = *data_, .row_of = [this, first](Index i) { return order_(first + i); }, .samples = batch_};
    (void)engine_.step(samples, {.training = true, .seed = seed, .step = step_},
                       {.optimizer = Optimizer::momentum, .learning_rate = 0.01, .momentum = 0.9}, {}, false);
    ++step_;
  }

 private:
  void fill() {
    const StreamKey key = stream_key(seed, Purpose::synthetic, 0, 0);
    for (Index i = 0; i < features_.size(); ++i)
      features_.data()[i] = static_cast<Scalar>(to_uniform(random_words(key, static_cast<std::uint64_t>(i))[0]));
    for (std::size_t i = 0; i < labels_.size(); ++i)
      labels_[i] = static_cast<Label>(i % static_cast<std::size_t>(model_.classes));
  }

  Index batch_;
  Matrix features_;
  std::vector<Label> labels_;
  Model model_;
  StepEngine engine_;
  RowOrder order_;
  std::unique_ptr<Dataset> data_;
  std::uint64_t step_ = 0;
};

}  // namespace

Index shard_size_of(const StepCase& what) { return plan_work(what.batch_size, what.shard_size).shard_size; }

double step_flop(const StepCase& what) {
  double weights = 0;
  for (std::size_t i = 0; i + 1 < what.sizes.size(); ++i)
    weights += static_cast<double>(what.sizes[i]) * static_cast<double>(what.sizes[i + 1]);
  const double first = static_cast<double>(what.sizes[0]) * static_cast<double>(what.sizes[1]);
  return (6 * weights - 2 * first) * static_cast<double>(what.batch_size);
}

double measure_peak(double seconds, Communicator& communicator, Workers& workers) {
  constexpr Index rounds = 20'000;  // some tens of microseconds
  const auto threads = static_cast<Index>(workers.threads());
  (void)gather_each(0, communicator);  // all begin together
  const Clock::time_point start = Clock::now();
  std::atomic<double> operations = 0;
  while (seconds_since(start) < seconds)
    workers.for_each(32 * threads, [&](Index) { operations += multiply_adds_in_registers(rounds); });
  const std::vector<double> rates = gather_each(operations / seconds_since(start), communicator);
  double sum = 0;
  for (const double rate : rates) sum += rate;
  return sum;
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
    const std::vector<double> waits = gather_each(timed.seconds() - waited, communicator);
    rate.exposed = std::accumulate(waits.begin(), waits.end(), 0.0) / static_cast<double>(waits.size()) / taken;
    rate.samples_per_second = static_cast<double>(steps * what.batch_size) / taken;
    rate.flops = static_cast<double>(steps) * step_flop(what) / taken;
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
