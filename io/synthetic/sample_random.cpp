// SPDX-License-Identifier: MIT
// Balanced kinds in random order.
#include "io/synthetic/sample_random.hpp"

#include <numeric>
#include <utility>
#include <vector>

namespace lockstep {

Index balanced_kind(StreamKey key, Index sample, Index count) {
  std::vector<Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), Index{0});
  SampleRandom random{key, sample / count};
  for (std::size_t left = order.size(); left > 1; --left) {  // Fisher and Yates
    std::swap(order[left - 1], order[static_cast<std::size_t>(random.choice(static_cast<Index>(left)))]);
  }
  return order[static_cast<std::size_t>(sample % count)];
}

}  // namespace lockstep
