// SPDX-License-Identifier: MIT
// From coarse to fine.
#include "apps/study/rate_search.hpp"

#include <algorithm>
#include <cmath>

namespace lockstep {

std::optional<int> RateSearch::best() const {
  std::optional<int> best;
  for (const auto& [k, cost] : costs_)
    if (std::isfinite(cost) && (!best || cost < costs_.at(*best))) best = k;
  return best;
}

std::vector<int> RateSearch::next() const {
  std::vector<int> wanted;
  const auto want = [&](int k) {
    if (!costs_.contains(k) && static_cast<int>(costs_.size() + wanted.size()) < most_) wanted.push_back(k);
  };
  if (costs_.empty()) {
    for (const int k : {0, -2, 2, -4, 4}) want(k);
    std::sort(wanted.begin(), wanted.end());
    return wanted;
  }
  const std::optional<int> best_rate = best();
  if (!best_rate) return {};
  const int k = *best_rate;
  if (k == costs_.begin()->first) want(k - 2);
  if (k == costs_.rbegin()->first) want(k + 2);
  if (wanted.empty()) {
    want(k - 1);
    want(k + 1);
  }
  std::sort(wanted.begin(), wanted.end());
  return wanted;
}

}  // namespace lockstep
