// SPDX-License-Identifier: MIT
// What the hidden units of two runs became, to look at.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/study/report.hpp"
#include "core/model.hpp"

namespace lockstep {

/// A model and what it is called.
struct NamedModel {
  std::string name;
  const Model& model;
};

/// Histograms of the mean activation of the first hidden layer's units over `data`, and of all its activations, a
/// series for each model; the same bins for all (Srivastava et al. 2014, figure 8).
[[nodiscard]] std::vector<Plot> activation_plots(const std::vector<NamedModel>& models, const Dataset& data);

/// The weights into the first units of the first layer, each an image of the shape that features have, the smallest
/// weight black and the largest white, each unit for itself. Nothing where a sample is no image.
[[nodiscard]] std::optional<ReportImage> weight_image(const NamedModel& model, const std::vector<Index>& feature_shape);

}  // namespace lockstep
