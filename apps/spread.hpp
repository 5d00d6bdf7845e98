// SPDX-License-Identifier: MIT
// A figure of several repetitions.
#pragma once

#include <algorithm>
#include <vector>

namespace lockstep {

/// Its median, and how far the others lie.
struct Spread {
  double least = 0;
  double median = 0;
  double greatest = 0;

  /// Something else takes the processor: the least is less than two thirds of the greatest.
  [[nodiscard]] bool is_unsteady() const { return least < greatest * 2 / 3; }
};

/// Of `figure(repetition)` over the repetitions, at least one.
template <class Repetition, class Figure>
[[nodiscard]] Spread spread_of(const std::vector<Repetition>& repetitions, Figure figure) {
  std::vector<double> values;
  for (const Repetition& repetition : repetitions) values.push_back(figure(repetition));
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back()};
}

}  // namespace lockstep
