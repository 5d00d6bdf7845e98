// SPDX-License-Identifier: MIT
// Eigen's matrices, for whoever computes with them; all else sees panels, and is compiled without Eigen.
#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "core/panel.hpp"
#include "core/types.hpp"

namespace lockstep {

using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;  ///< features x batch, column-major
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

static_assert(std::is_same_v<Index, Eigen::Index>);

/// The rows x columns matrix of a panel without its padding: a view.
template <class Element>
[[nodiscard]] auto matrix_of(const BasicPanel<Element>& panel) {
  using Plain = Eigen::Matrix<std::remove_const_t<Element>, Eigen::Dynamic, Eigen::Dynamic>;
  using Viewed = std::conditional_t<std::is_const_v<Element>, const Plain, Plain>;
  return Eigen::Map<Viewed, 0, Eigen::OuterStride<>>(panel.data, panel.rows, panel.columns,
                                                     Eigen::OuterStride<>(panel.stride));
}

}  // namespace lockstep
