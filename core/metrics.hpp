// SPDX-License-Identifier: MIT
// What a pass over data adds up, and the figures drawn from it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/dataset.hpp"
#include "core/loss.hpp"

namespace lockstep {

/// The counts of a confusion grow with the square of the classes, and every shard in flight has its own.
inline constexpr Index most_classes_in_confusion = 64;

/// The sums of a pass, as one flat array of doubles, so that shards add up in the fixed tree like everything else.
/// Classification: samples, loss, then the confusion counts (classes x classes, row = true class); beyond
/// `most_classes_in_confusion`, only each class's hits and then each class's samples.
/// Regression: samples, loss, then for each target: sum of e^2, of |e|, of y, of y^2, in the target's own units,
/// with y taken relative to the transform's shift so that R^2 does not cancel.
/// Adding two is adding elementwise.
[[nodiscard]] Index metric_sums_size(const DatasetInfo& info);

/// Writes one shard's sums. `outputs`: outputs x samples, after the output activation; a classification network with
/// one output predicts class 1 above 0.5; otherwise the first largest output wins. `loss` is the shard's loss sum;
/// `target_transform` undoes the targets' standardisation.
void measure_shard(const DatasetInfo& info, ConstPanel outputs, const Targets& targets,
                   const AffineTransform& target_transform, double loss, std::span<double> sums);

/// The sum of squared errors of a shard over all targets, in the targets' own units.
[[nodiscard]] double squared_errors(ConstPanel outputs, ConstPanel values, const AffineTransform& target_transform);

/// The class that a column of outputs names.
[[nodiscard]] Label predicted_class(std::span<const Scalar> outputs);

struct RegressionFigures {
  double rmse = 0;
  double mae = 0;
  double r2 = 0;  ///< 1 - sum e^2 / sum (y - mean y)^2; NaN when the targets are constant
};

/// The figures of a pass.
struct Metrics {
  Index samples = 0;
  double loss = 0;                            ///< mean a sample
  double accuracy = 0;                        ///< classification
  std::vector<double> recall;                 ///< a class; NaN where the class is absent
  std::vector<Index> class_samples;           ///< a class
  std::vector<std::vector<Index>> confusion;  ///< [true][predicted]; empty beyond most_classes_in_confusion
  std::vector<RegressionFigures> regression;  ///< a target
  double rmse = 0;                            ///< regression: over all targets, sqrt of the mean of their squares
};

[[nodiscard]] Metrics metrics_from(const DatasetInfo& info, std::span<const double> sums);

}  // namespace lockstep
