// SPDX-License-Identifier: MIT
// A model applied to a matrix.
#pragma once

#include "core/matrix.hpp"
#include "core/model.hpp"

namespace lockstep {

/// Outputs for the columns of `features`, on the calling thread: (outputs x samples). Throws ShapeError.
[[nodiscard]] Matrix predict(const Model& model, const Matrix& features);

}  // namespace lockstep
