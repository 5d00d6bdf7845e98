// SPDX-License-Identifier: MIT
// Metrics as JSON for programs and as tables for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/metrics.hpp"

namespace lockstep {

/// Sets prefix + "loss" and, for classes, "accuracy", "recall" and, of few classes, "confusion"; for values "rmse" and,
/// of one target, "mae" and "r2", of several "targets". What `metrics` lacks is left out; NaN becomes null.
void add_metrics(nlohmann::ordered_json& object, std::string_view prefix, Task task, const Metrics& metrics,
                 const std::vector<std::string>& target_names = {});

/// Said of figures of a model whose targets were standardized.
inline constexpr std::string_view units_of_standardized =
    "the loss is on standardized targets; RMSE and MAE are in the target's own units";

/// "accuracy" or "rmse": the figure beside the loss.
[[nodiscard]] std::string_view main_figure_name(Task task);
[[nodiscard]] double main_figure(Task task, const Metrics& metrics);

/// Recall of each class and, of few classes, the confusion matrix.
[[nodiscard]] std::string class_table(const Metrics& metrics, const std::vector<std::string>& class_names);

/// RMSE, MAE and R2 of each target.
[[nodiscard]] std::string target_table(const Metrics& metrics, const std::vector<std::string>& target_names);

}  // namespace lockstep
