// SPDX-License-Identifier: MIT
// Counting bytes.
#include "apps/machine_memory.hpp"

#include <fmt/format.h>

#include "apps/table.hpp"

namespace lockstep {
namespace {

std::string gigabytes(double bytes) {
  const double size = bytes / 1e9;
  return size < 100 ? fmt::format("{:.1f} GB", size) : with_thousands(size) + " GB";
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

std::string memory_problem(const NetworkSpec& spec, Optimizer optimizer, int ranks, int all_ranks, double memory) {
  const double parameters = parameter_count(spec);
  const auto states = static_cast<double>(state_names(optimizer).size());
  const double bytes = sizeof(Scalar) * parameters * ranks * (2 + states / all_ranks);
  if (bytes <= memory) return {};
  return fmt::format(
      "a network of {} parameters takes at least {} on the {} of this host (parameters, gradients, state of {}), which "
      "has {}; lower --hidden{}",
      with_thousands(parameters), gigabytes(bytes), ranks == 1 ? "one rank" : fmt::format("{} ranks", ranks),
      name_of(optimizer), gigabytes(memory), ranks == 1 ? "" : ", or start fewer ranks");
}

}  // namespace lockstep
