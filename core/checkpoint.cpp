// SPDX-License-Identifier: MIT
// What a run's optimizer state consists of.
#include "core/checkpoint.hpp"

namespace lockstep {

std::vector<std::string> optimizer_arrays(Optimizer optimizer, Precision exchange) {
  std::vector<std::string> names = state_names(optimizer);
  if (exchange == Precision::bf16) names.emplace_back("master");
  return names;
}

}  // namespace lockstep
