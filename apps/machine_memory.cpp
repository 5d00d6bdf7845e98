// SPDX-License-Identifier: MIT
// Counting bytes.
#include "apps/machine_memory.hpp"

#include <fmt/format.h>

#include "apps/table.hpp"
#include "core/bf16_number.hpp"
#include "core/checkpoint.hpp"

namespace lockstep {
namespace {

std::string gigabytes(double bytes) {
  const double size = bytes / 1e9;
  return size < 100 ? fmt::format("{:.1f} GB", size) : with_thousands(size) + " GB";
}

/// Bytes that one rank spends on a parameter, on its average.
double bytes_of_parameter(const TrainConfig& config, int all_ranks) {
  constexpr double scalar = sizeof(Scalar);
  constexpr double bf16 = sizeof(Bf16);
  const bool norm = config.clip_norm > 0 || config.noise_scale > 0;
  const bool rounds = config.exchange == Precision::bf16;
  double bytes = scalar;                                       // the parameters
  if (config.precision == Precision::bf16) bytes += 2 * bf16;  // as products in both directions read them
  if (all_ranks > 1 || norm || rounds) {
    bytes += 2 * scalar;  // the gradient, the parameters after the step
    const double travelling = rounds ? bf16 : scalar;
    bytes += travelling * (all_ranks - 1) / all_ranks;  // others' gradients of the own slice
    if (rounds) bytes += 2 * bf16;                      // gradient and parameters as they travel
  }
  const auto arrays = static_cast<double>(optimizer_arrays(config.optimizer, config.exchange).size());
  return bytes + scalar * (arrays + (norm ? 1 : 0)) / all_ranks;  // of the own slice
}

}  // namespace

double parameter_count(const NetworkSpec& spec) {
  double parameters = 0;
  auto inputs = static_cast<double>(spec.inputs);
  const auto add_layer = [&](Index units) {
    parameters += (inputs + 1) * static_cast<double>(units);
    inputs = static_cast<double>(units);
  };
  for (const Index units : spec.hidden) add_layer(units);
  add_layer(spec.outputs);
  return parameters;
}

std::string memory_problem(const NetworkSpec& spec, const TrainConfig& config, int ranks, int all_ranks,
                           double memory) {
  const double parameters = parameter_count(spec);
  const double rank_bytes = parameters * bytes_of_parameter(config, all_ranks);
  const double bytes = ranks * rank_bytes;
  if (bytes <= memory) return {};
  return fmt::format(
      "a network of {} parameters takes at least {} on the {} of this host (parameters, gradients, state of {}), which "
      "has {}; lower --hidden{}",
      with_thousands(parameters), gigabytes(bytes), ranks == 1 ? "one rank" : fmt::format("{} ranks", ranks),
      name_of(config.optimizer), gigabytes(memory), ranks == 1 ? "" : ", or start fewer ranks");
}

}  // namespace lockstep
