// SPDX-License-Identifier: MIT
// A search for the best learning rate on a lattice, run by run.
#pragma once

#include <map>
#include <optional>
#include <vector>

namespace lockstep {

/// Rates are center * factor^k for whole k. It begins with k = -4, -2, 0, 2, 4, and goes on to the neighbours of the
/// best so far, by two beyond the ends of what was tried and by one inside, until the best one's neighbours are both
/// known or `most` runs were made. The cost of a rate that does not come to the target is infinity.
class RateSearch {
 public:
  explicit RateSearch(int most) : most_{most} {}

  /// What came of rate k.
  void add(int k, double cost) { costs_[k] = cost; }
  /// Rates to try next, rising; empty when the search is over.
  [[nodiscard]] std::vector<int> next() const;
  /// The best so far; of equal ones the smallest rate. Nothing while none came to the target.
  [[nodiscard]] std::optional<int> best() const;
  [[nodiscard]] const std::map<int, double>& costs() const noexcept { return costs_; }

 private:
  int most_;
  std::map<int, double> costs_;
};

}  // namespace lockstep
