// SPDX-License-Identifier: MIT
// Which figures are shown where.
#include "apps/metrics_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/table.hpp"

namespace lockstep {
namespace {

constexpr std::size_t most_classes_in_json = 64;
constexpr std::size_t most_classes_in_matrix = 20;

std::string name_or_number(const std::vector<std::string>& names, std::size_t number) {
  return number < names.size() ? names[number] : fmt::format("{}", number);
}

std::string figure(double value) { return std::isnan(value) ? "-" : short_number(value); }

}  // namespace

void add_metrics(nlohmann::ordered_json& object, std::string_view prefix, Task task, const Metrics& metrics,
                 const std::vector<std::string>& target_names) {
  const auto key = [&](std::string_view name) { return fmt::format("{}{}", prefix, name); };
  object[key("loss")] = metrics.loss;
  if (task == Task::classification) {
    object[key("accuracy")] = metrics.accuracy;
    if (metrics.recall.empty() || metrics.recall.size() > most_classes_in_json) return;
    object[key("recall")] = metrics.recall;
    object[key("confusion")] = metrics.confusion;
    return;
  }
  object[key("rmse")] = metrics.rmse;
  if (metrics.regression.size() == 1) {
    object[key("mae")] = metrics.regression.front().mae;
    object[key("r2")] = metrics.regression.front().r2;
    return;
  }
  if (metrics.regression.empty()) return;
  nlohmann::ordered_json targets = nlohmann::ordered_json::array();
  for (std::size_t target = 0; target < metrics.regression.size(); ++target) {
    const RegressionFigures& figures = metrics.regression[target];
    targets.push_back({{"name", name_or_number(target_names, target)},
                       {"rmse", figures.rmse},
                       {"mae", figures.mae},
                       {"r2", figures.r2}});
  }
  object[key("targets")] = std::move(targets);
}

std::string_view main_figure_name(Task task) { return task == Task::classification ? "accuracy" : "rmse"; }

double main_figure(Task task, const Metrics& metrics) {
  return task == Task::classification ? metrics.accuracy : metrics.rmse;
}

std::string class_table(const Metrics& metrics, const std::vector<std::string>& class_names) {
  const std::size_t classes = metrics.recall.size();
  const bool with_matrix = classes <= most_classes_in_matrix && metrics.confusion.size() == classes;
  Table table;
  std::vector<std::string> heading{"class", "samples", "recall"};
  if (with_matrix) {
    heading.emplace_back("  taken for:");
    for (std::size_t other = 0; other < classes; ++other) heading.push_back(name_or_number(class_names, other));
  }
  table.add(heading);
  for (std::size_t each = 0; each < classes; ++each) {
    std::vector<std::string> row{name_or_number(class_names, each), fmt::format("{}", metrics.class_samples[each]),
                                 figure(metrics.recall[each])};
    if (with_matrix) {
      row.emplace_back();
      for (const Index count : metrics.confusion[each]) row.push_back(count == 0 ? "." : fmt::format("{}", count));
    }
    table.add(std::move(row));
  }
  return table.text();
}

std::string target_table(const Metrics& metrics, const std::vector<std::string>& target_names) {
  Table table;
  table.add({"target", "RMSE", "MAE", "R2"});
  for (std::size_t target = 0; target < metrics.regression.size(); ++target) {
    const RegressionFigures& figures = metrics.regression[target];
    table.add({name_or_number(target_names, target), figure(figures.rmse), figure(figures.mae), figure(figures.r2)});
  }
  return table.text();
}

}  // namespace lockstep
