// SPDX-License-Identifier: MIT
// Data sets in memory.
#pragma once

#include <memory>
#include <vector>

#include "core/dataset.hpp"
#include "core/matrix.hpp"

namespace lockstep {

/// A data set over arrays of the caller's, who keeps them alive and unchanged: nothing is copied. Columns are samples.
/// Throws ShapeError when the numbers of samples differ, RequestError for labels outside [0, classes) or values
/// that are not finite (names the first sample).
[[nodiscard]] std::unique_ptr<Dataset> dataset_over(const Matrix& features, const std::vector<Label>& labels,
                                                    Index classes);
[[nodiscard]] std::unique_ptr<Dataset> dataset_over(const Matrix& features, const Matrix& values);

// Temporaries would be gone before the first sample is read.
std::unique_ptr<Dataset> dataset_over(const Matrix&& features, const std::vector<Label>& labels, Index) = delete;
std::unique_ptr<Dataset> dataset_over(const Matrix& features, const std::vector<Label>&& labels, Index) = delete;
std::unique_ptr<Dataset> dataset_over(const Matrix&& features, const Matrix& values) = delete;
std::unique_ptr<Dataset> dataset_over(const Matrix& features, const Matrix&& values) = delete;

}  // namespace lockstep
