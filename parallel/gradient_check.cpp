// SPDX-License-Identifier: MIT
// Central differences along random directions, block by block.
#include "parallel/gradient_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/norm.hpp"
#include "core/optimizers/gradient_terms.hpp"
#include "core/random.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/run_setup.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {
namespace {

using Direction = std::vector<double>;

constexpr bool in_double = sizeof(Scalar) == sizeof(double);
constexpr double tolerance = in_double ? 1e-5 : 0.05;
/// Steps along the direction: large enough to rise above rounding, small enough to stay on one piece of ReLU.
constexpr std::array<double, 4> step_lengths =
    in_double ? std::array{1e-4, 1e-5, 1e-6, 1e-7} : std::array{5e-2, 2e-2, 5e-3, 1e-3};

Direction random_direction(std::uint64_t seed, std::uint64_t block, Index size) {
  const StreamKey key = stream_key(seed, Purpose::directions, block);
  Direction direction(static_cast<std::size_t>(size));
  double squares = 0;
  for (Index i = 0; i < size; ++i) {
    const auto words = random_words(key, static_cast<std::uint64_t>(i));
    const double value = to_normal(words[0], words[1])[0];
    direction[static_cast<std::size_t>(i)] = value;
    squares += value * value;
  }
  for (double& value : direction) value /= std::sqrt(squares);
  return direction;
}

/// What training minimises on one batch, as a function of the model's parameters.
class Objective {
 public:
  Objective(const TrainConfig& config, const Dataset& data, Communicator& communicator)
      : config_{config},
        workers_{static_cast<int>(config.threads)},
        split_{config, data},
        model_{fresh_model(config, data, split_, nullptr, communicator, workers_)},
        form_{engine_form(config, split_.training_samples())},
        engine_{model_, form_, communicator, workers_},
        batch_{.data = data, .row_of = split_.epoch_rows(0), .samples = form_.batch_size},
        pass_{.training = true, .seed = config.seed} {}

  [[nodiscard]] const std::vector<ParameterBlock>& blocks() const { return model_.network.layout().blocks(); }

  [[nodiscard]] std::span<Scalar> weights(const ParameterBlock& block) {
    return model_.parameters.span().subspan(static_cast<std::size_t>(block.offset),
                                            static_cast<std::size_t>(block.size()));
  }

  [[nodiscard]] double value() {
    double sum = engine_.loss(batch_, pass_);
    for (const ParameterBlock& block : blocks())
      if (!block.bias)
        sum += config_.l1 * sum_of_magnitudes(weights(block)) + config_.l2 / 2 * sum_of_squares(weights(block));
    return sum;
  }

  /// In the parameters' layout; the terms of L1 and L2 are those of an update.
  [[nodiscard]] AlignedBuffer gradient() {
    AlignedBuffer gradient{model_.network.layout().buffer_size()};
    (void)engine_.gradient(batch_, pass_, gradient);
    const optimizers::GradientTerms terms{{.l1 = config_.l1, .l2 = config_.l2}};
    for (const ParameterBlock& block : blocks())
      if (!block.bias)
        for (Index i = block.offset; i < block.offset + block.size(); ++i)
          gradient.data()[i] = terms.gradient(model_.parameters.data()[i], gradient.data()[i]);
    return gradient;
  }

 private:
  const TrainConfig& config_;
  Workers workers_;
  DataSplit split_;
  Model model_;
  StepEngine::Form form_;
  StepEngine engine_;
  Samples batch_;
  Pass pass_;
};

/// (f(w + t v) - f(w - t v)) / 2t, v within `weights`, which are left as they were.
double central_difference(Objective& objective, std::span<Scalar> weights, const Direction& direction, double length) {
  const std::vector<Scalar> start(weights.begin(), weights.end());
  const auto value_at = [&](double distance) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] = static_cast<Scalar>(static_cast<double>(start[i]) + distance * direction[i]);
    return objective.value();
  };
  const double ahead = value_at(length);
  const double behind = value_at(-length);
  std::copy(start.begin(), start.end(), weights.begin());
  return (ahead - behind) / (2 * length);
}

DirectionalCheck check_block(Objective& objective, const ParameterBlock& block, std::span<const Scalar> slope,
                             const Direction& direction) {
  DirectionalCheck check{
      .block = block.name, .relative_error = std::numeric_limits<double>::infinity(), .tolerance = tolerance};
  for (std::size_t i = 0; i < slope.size(); ++i)
    check.by_backpropagation += static_cast<double>(slope[i]) * direction[i];
  const double least_scale = std::max(std::sqrt(sum_of_squares(slope)) / 100, 1e-12);
  for (const double length : step_lengths) {
    const double by_differences = central_difference(objective, objective.weights(block), direction, length);
    const double scale = std::max({std::abs(check.by_backpropagation), std::abs(by_differences), least_scale});
    const double relative_error = std::abs(check.by_backpropagation - by_differences) / scale;
    if (relative_error >= check.relative_error) continue;
    check.by_differences = by_differences;
    check.relative_error = relative_error;
  }
  check.passed = check.relative_error <= tolerance;
  return check;
}

}  // namespace

std::vector<DirectionalCheck> check_gradients(const TrainConfig& config, const Dataset& data,
                                              Communicator& communicator) {
  if (auto found = problems(config, data.info(), communicator.ranks()); !found.empty())
    throw RequestError{std::move(found)};
  const FloatingPointMode mode;
  // Formulas are checked, not rounding: differences of losses would drown in that of bfloat16.
  TrainConfig exact = config;
  exact.precision = Precision::float32;
  exact.exchange = Precision::float32;
  Objective objective{exact, data, communicator};
  const AlignedBuffer gradient = objective.gradient();
  std::vector<DirectionalCheck> checks;
  for (const ParameterBlock& block : objective.blocks()) {
    const std::span<const Scalar> slope =
        gradient.span().subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()));
    checks.push_back(check_block(objective, block, slope, random_direction(config.seed, checks.size(), block.size())));
  }
  return checks;
}

}  // namespace lockstep
