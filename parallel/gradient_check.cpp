// SPDX-License-Identifier: MIT
// Central differences along random directions, block by block.
#include "parallel/gradient_check.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "parallel/run_setup.hpp"

namespace lockstep {
namespace {

constexpr bool in_double = sizeof(Scalar) == sizeof(double);
constexpr double tolerance = in_double ? 1e-5 : 0.05;
/// Steps along the direction: large enough to rise above rounding, small enough to stay on one piece of ReLU.
constexpr std::array<double, 4> step_lengths =
    in_double ? std::array{1e-4, 1e-5, 1e-6, 1e-7} : std::array{5e-2, 2e-2, 5e-3, 1e-3};

std::vector<double> random_direction(std::uint64_t seed, std::uint64_t block, Index size) {
  const StreamKey key = stream_key(seed, Purpose::synthetic, block);
  std::vector<double> direction(static_cast<std::size_t>(size));
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

void move_along(std::span<Scalar> weights, const std::vector<Scalar>& from, const std::vector<double>& direction,
                double distance) {
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = static_cast<Scalar>(static_cast<double>(from[i]) + distance * direction[i]);
}

}  // namespace

std::vector<DirectionalCheck> check_gradients(const TrainConfig& config, const Dataset& data,
                                              Communicator& communicator) {
  Workers workers{static_cast<int>(config.threads)};
  const DataSplit split{config, data};
  Model model = fresh_model(config, data, split, nullptr, communicator, workers);
  const StepEngine::Form form = engine_form(config, split.training_samples());
  StepEngine engine{model, form, communicator, workers};
  const Samples batch{.data = data, .row_of = split.epoch_rows(0), .samples = form.batch_size};
  const Pass pass{.training = true, .seed = config.seed};

  AlignedBuffer gradient{model.network.layout().buffer_size()};
  (void)engine.gradient(batch, pass, gradient);
  std::vector<DirectionalCheck> checks;
  for (const ParameterBlock& block : model.network.layout().blocks()) {
    const auto offset = static_cast<std::size_t>(block.offset);
    const auto size = static_cast<std::size_t>(block.size());
    const std::span<Scalar> weights = model.parameters.span().subspan(offset, size);
    const std::span<const Scalar> slope = gradient.span().subspan(offset, size);
    const std::vector<Scalar> start(weights.begin(), weights.end());
    const std::vector<double> direction = random_direction(config.seed, checks.size(), block.size());
    DirectionalCheck check{.block = block.name};
    double squares = 0;
    for (std::size_t i = 0; i < size; ++i) {
      check.by_backpropagation += static_cast<double>(slope[i]) * direction[i];
      squares += static_cast<double>(slope[i]) * static_cast<double>(slope[i]);
    }
    check.relative_error = std::numeric_limits<double>::infinity();
    for (const double step_length : step_lengths) {
      move_along(weights, start, direction, step_length);
      const double ahead = engine.loss(batch, pass);
      move_along(weights, start, direction, -step_length);
      const double behind = engine.loss(batch, pass);
      const double by_differences = (ahead - behind) / (2 * step_length);
      const double scale =
          std::max({std::abs(check.by_backpropagation), std::abs(by_differences), std::sqrt(squares) / 100, 1e-12});
      const double relative_error = std::abs(check.by_backpropagation - by_differences) / scale;
      if (relative_error >= check.relative_error) continue;
      check.by_differences = by_differences;
      check.relative_error = relative_error;
    }
    std::copy(start.begin(), start.end(), weights.begin());
    check.passed = check.relative_error <= tolerance;
    checks.push_back(check);
  }
  return checks;
}

}  // namespace lockstep
