// SPDX-License-Identifier: MIT
// One step of parameters that lie in one run.
#pragma once

#include <span>
#include <vector>

#include "core/optimizer.hpp"

namespace lockstep::test {

inline bool update_all(const UpdateRule& rule, std::span<Scalar> weights, std::span<const Scalar> gradient,
                       std::span<const std::span<Scalar>> state) {
  const auto size = static_cast<Index>(weights.size());
  std::vector<Columns<Scalar>> columns;
  for (const std::span<Scalar> array : state) columns.push_back({array.data(), size});
  return update(rule, size, 1, {weights.data(), size}, {gradient.data(), size}, columns);
}

}  // namespace lockstep::test
