// SPDX-License-Identifier: MIT
// Small data sets with structure, at odd sizes, the same everywhere.
#pragma once

#include <cmath>
#include <vector>

#include "core/dataset.hpp"
#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "core/random.hpp"

namespace lockstep::test {

/// Normal numbers, a function of seed and place.
inline Matrix normal_matrix(Index rows, Index columns, std::uint64_t seed) {
  const StreamKey key = stream_key(seed, Purpose::synthetic);
  Matrix matrix(rows, columns);
  for (Index column = 0; column < columns; ++column)
    for (Index row = 0; row < rows; ++row) {
      const auto words = random_words(key, static_cast<std::uint64_t>(column), static_cast<std::uint64_t>(row));
      matrix(row, column) = static_cast<Scalar>(to_normal(words[0], words[1])[0]);
    }
  return matrix;
}

/// 13 features, `classes` classes decided by the largest of as many random projections.
struct ClassData {
  Matrix features;
  std::vector<Label> labels;
  Index classes;

  explicit ClassData(Index samples = 211, Index class_count = 3, std::uint64_t seed = 11)
      : features{normal_matrix(13, samples, seed)}, classes{class_count} {
    const Matrix scores = normal_matrix(classes, 13, seed + 1) * features;
    for (Index sample = 0; sample < samples; ++sample) {
      Index best = 0;
      scores.col(sample).maxCoeff(&best);
      labels.push_back(static_cast<Label>(best));
    }
  }
  [[nodiscard]] std::unique_ptr<Dataset> dataset() const { return dataset_over(features, labels, classes); }
};

/// 13 features, 2 values: smooth functions of projections, far from zero.
struct ValueData {
  Matrix features;
  Matrix values;

  explicit ValueData(Index samples = 211, std::uint64_t seed = 12) : features{normal_matrix(13, samples, seed)} {
    values = (normal_matrix(2, 13, seed + 1) * features).array().sin() * 30 + 500;
  }
  [[nodiscard]] std::unique_ptr<Dataset> dataset() const { return dataset_over(features, values); }
};

}  // namespace lockstep::test
