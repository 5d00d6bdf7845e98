// SPDX-License-Identifier: MIT
// The group with most to do decides.
#include "apps/study/grid_time.hpp"

#include <algorithm>
#include <numeric>

namespace lockstep {

std::vector<std::vector<std::size_t>> shared_out(const std::vector<double>& work, int groups) {
  std::vector<std::size_t> order(work.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return work[a] > work[b]; });
  std::vector<std::vector<std::size_t>> shares(static_cast<std::size_t>(groups));
  std::vector<double> load(static_cast<std::size_t>(groups));
  for (const std::size_t run : order) {
    const auto least = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    shares[least].push_back(run);
    load[least] += work[run];
  }
  return shares;
}

double seconds_side_by_side(const std::vector<double>& seconds, int groups) {
  double longest = 0;
  for (const std::vector<std::size_t>& share : shared_out(seconds, groups)) {
    double sum = 0;
    for (const std::size_t run : share) sum += seconds[run];
    longest = std::max(longest, sum);
  }
  return longest;
}

double work_left(const std::vector<GroupWork>& groups) {
  double most = 0;
  for (const GroupWork& group : groups) most = std::max(most, group.all - std::max(group.done, groups.front().done));
  return most;
}

}  // namespace lockstep
