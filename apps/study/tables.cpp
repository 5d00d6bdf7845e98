// SPDX-License-Identifier: MIT
// Means and standard errors, laid out.
#include "apps/study/tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace lockstep {

Estimate CellFigures::estimate(const Overrides& cell, const std::string& figure) const {
  return estimate_of(results_.figures(cell_name(cell), seeds_, figure));
}

std::size_t CellFigures::diverged(const Overrides& cell) const {
  return static_cast<std::size_t>(std::count_if(seeds_.begin(), seeds_.end(), [&](std::uint64_t seed) {
    const PointRecord* record = results_.find(cell_name(cell), seed);
    return record != nullptr && record->diverged;
  }));
}

std::string CellFigures::text(const Overrides& cell, const std::string& figure) const {
  const std::size_t lost = diverged(cell);
  const std::string text = estimate_text(estimate(cell, figure));
  return lost == 0 ? text : fmt::format("{} ({} of {} diverged)", text, lost, seeds_.size());
}

ReportTable CellFigures::table(const std::string& caption, const std::string& first_heading,
                               const std::vector<NamedCell>& cells,
                               const std::vector<std::pair<std::string, std::string>>& figures) const {
  ReportTable table{.caption = caption, .rows = {{first_heading}}};
  for (const auto& figure : figures) table.rows.front().push_back(figure.second);
  for (const NamedCell& cell : cells) {
    std::vector<std::string>& row = table.rows.emplace_back();
    row.push_back(cell.name);
    for (const auto& figure : figures) row.push_back(text(cell.overrides, figure.first));
  }
  return table;
}

PlotSeries CellFigures::curve(const std::string& title, const std::vector<NamedCell>& cells, const std::string& figure,
                              bool by_name) const {
  PlotSeries series{.title = title, .points = {}};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Estimate each = estimate(cells[i].overrides, figure);
    const double x = by_name ? std::strtod(cells[i].name.c_str(), nullptr) : static_cast<double>(i);
    if (each.count > 0) series.points.push_back({.x = x, .y = each.mean, .error = each.error});
  }
  return series;
}

std::string data_name(const DatasetInfo& data) { return std::filesystem::path{data.name}.filename().string(); }

std::string words_of(std::string figure) {
  std::replace(figure.begin(), figure.end(), '_', ' ');
  const std::size_t rmse = figure.find("rmse");
  return rmse == std::string::npos ? figure : figure.replace(rmse, 4, "RMSE");
}

void want(std::vector<WantedPoint>& points, const std::vector<NamedCell>& cells, std::uint64_t seed) {
  for (const NamedCell& cell : cells) points.push_back({.overrides = cell.overrides, .seed = seed});
}

}  // namespace lockstep
