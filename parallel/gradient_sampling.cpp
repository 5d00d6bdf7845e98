// SPDX-License-Identifier: MIT
// Gradients of drawn batches by the engine that trains.
#include "parallel/gradient_sampling.hpp"

#include <algorithm>

#include "core/row_order.hpp"
#include "parallel/data_split.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/step_engine.hpp"

namespace lockstep {
namespace {

constexpr Index fewest_draws = 8;
constexpr Index most_draws = 256;

/// |a - b|^2, in double and in order.
double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// The mean gradient of the samples, the padding between parameters left at 0.
class GradientOf {
 public:
  GradientOf(Model& model, Index batch, Precision precision, Communicator& communicator, Workers& workers)
      : model_{model},
        engine_{model,
                {.batch_size = batch, .plan = plan_work(batch), .optimizer = Optimizer::sgd, .precision = precision},
                communicator,
                workers},
        gradient_{model.network.layout().buffer_size()} {}

  std::vector<double> operator()(const Samples& samples) {
    (void)engine_.gradient(samples, {}, gradient_);
    std::vector<double> values;
    for (const ParameterBlock& block : model_.network.layout().blocks())
      for (Index i = 0; i < block.size(); ++i)
        values.push_back(static_cast<double>(gradient_.data()[block.offset + i]));
    return values;
  }

 private:
  Model& model_;
  StepEngine engine_;
  AlignedBuffer gradient_;
};

}  // namespace

GradientSampling sample_gradients(const Model& model, const TrainConfig& config, const Dataset& data,
                                  const std::vector<Index>& batches, Index draw_samples, Communicator& communicator,
                                  Workers& workers) {
  const FloatingPointMode mode;
  Model copy = clone(model);
  const DataSplit split{config, data};
  const Index all = split.training_samples();
  const Samples everything{.data = data, .row_of = split.training_rows(), .samples = all};
  const std::vector<double> full = GradientOf{copy, all, config.precision, communicator, workers}(everything);
  GradientSampling result{.full_norm = distance(full, std::vector<double>(full.size())), .samples = {}};
  for (const Index batch : batches) {
    GradientOf gradient_of{copy, batch, config.precision, communicator, workers};
    GradientSample& sample = result.samples.emplace_back();
    sample.batch = batch;
    sample.draws = std::clamp(draw_samples / batch, fewest_draws, most_draws);
    std::vector<double> mean(full.size());
    for (Index draw = 0; draw < sample.draws; ++draw) {
      // Each draw has an order of all samples of its own, of which it takes the first.
      const RowOrder order{all,
                           {},
                           stream_key(config.seed, Purpose::directions, static_cast<std::uint64_t>(batch),
                                      static_cast<std::uint64_t>(draw))};
      const RowOf rows = split.training_rows();
      const std::vector<double> gradient = gradient_of(
          {.data = data, .row_of = [&](Index position) { return rows(order(position)); }, .samples = batch});
      sample.variance += distance(gradient, full);
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += gradient[i];
    }
    const auto draws = static_cast<double>(sample.draws);
    sample.variance /= draws;
    for (double& value : mean) value /= draws;
    sample.bias = distance(mean, full);
  }
  return result;
}

}  // namespace lockstep
