// SPDX-License-Identifier: MIT
// The loop that benchmarks time.
#include "parallel/step_loop.hpp"

#include <algorithm>

#include "core/memory_dataset.hpp"
#include "core/optimizer.hpp"
#include "core/random.hpp"
#include "parallel/timed_dataset.hpp"

namespace lockstep {
namespace {

constexpr std::uint64_t seed = 1;
constexpr Index least_samples = 8192;

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

}  // namespace

Index shard_size_of(const StepCase& what) { return plan_work(what.batch_size, what.shard_size).shard_size; }

StepLoop::StepLoop(const StepCase& what, SumOrder order, Communicator& communicator, Workers& workers)
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
  memory_ = dataset_over(features_, labels_, what.sizes.back());
  data_ = std::make_unique<TimedDataset>(*memory_);
}

void StepLoop::step() {
  const Index batches = features_.cols() / batch_;
  const Index first = static_cast<Index>(step_) % batches * batch_;
  const Samples samples{
      .data = *data_, .row_of = [this, first](Index i) { return order_(first + i); }, .samples = batch_};
  (void)engine_.step(samples, {.training = true, .seed = seed, .step = step_},
                     {.optimizer = Optimizer::momentum, .learning_rate = 0.01, .momentum = 0.9}, {}, false);
  ++step_;
}

void StepLoop::fill() {
  const StreamKey key = stream_key(seed, Purpose::synthetic, 0, 0);
  for (Index i = 0; i < features_.size(); ++i)
    features_.data()[i] = static_cast<Scalar>(to_uniform(random_words(key, static_cast<std::uint64_t>(i))[0]));
  for (std::size_t i = 0; i < labels_.size(); ++i)
    labels_[i] = static_cast<Label>(i % static_cast<std::size_t>(model_.classes));
}

}  // namespace lockstep
