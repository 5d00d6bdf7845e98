// SPDX-License-Identifier: MIT
// Sections on gradients and on speed.
#include "apps/study/batch_size_measurements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/study/tables.hpp"
#include "apps/table.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

ReportSection gradient_section(const PointRecord* record, const StudySetting& setting, Index largest_useful) {
  ReportSection section{
      .heading = "The minibatch gradient as an estimate",
      .question = "Is the gradient of n samples an unbiased estimate of the full gradient, with a variance of 1/n?",
      .remarks =
          {"At the end of one run with the study's own settings, batches of n training samples are drawn without "
           "replacement, so that their variance is s (1/n)(N - n)/(N - 1), which is 0 for all N. Variance: mean of |g "
           "- G|^2. Bias: |mean of g - G|^2, which without bias is the variance over the number of draws: their "
           "ratio then scatters around 1."},
      .tables = {},
      .plots = {}};
  if (record == nullptr || record->diverged || !record->content.at("figures").contains("gradient_batches")) {
    section.remarks.push_back("The run diverged: nothing was measured.");
    return section;
  }
  const Json& figures = record->content.at("figures");
  const std::vector<double> batches = figures.at("gradient_batches");
  const std::vector<double> draws = figures.at("gradient_draws");
  const std::vector<double> variances = figures.at("gradient_variances");
  const std::vector<double> biases = figures.at("gradient_biases");
  const double full = figures.at("gradient_full").get<double>();
  const double all = static_cast<double>(setting.training_samples);
  const auto shape = [&](double n) { return (all - n) / (all - 1) / n; };
  ReportTable table{.caption = fmt::format("Against the gradient of all {:.0f} samples, |G|^2 = {:.3g}", all, full),
                    .rows = {{"n", "draws", "variance", "variance x n (N - 1)/(N - n)", "bias x draws / variance"}}};
  PlotSeries measured{.title = "measured variance", .points = {}, .style = PlotSeries::Style::points};
  PlotSeries bias{.title = "measured bias x draws", .points = {}, .style = PlotSeries::Style::points};
  PlotSeries expected{.title = "s (N - n) / (N - 1) / n", .points = {}, .style = PlotSeries::Style::guide};
  double scale = 0;
  for (std::size_t i = 0; i < batches.size(); ++i)
    scale += variances[i] / shape(batches[i]) / static_cast<double>(batches.size());
  for (std::size_t i = 0; i < batches.size(); ++i) {
    const double error = variances[i] * std::sqrt(2 / draws[i]);  // of a sum of few squares, at most
    measured.points.push_back({batches[i], variances[i], error});
    bias.points.push_back({batches[i], biases[i] * draws[i], 0});
    expected.points.push_back({batches[i], scale * shape(batches[i]), 0});
    table.rows.push_back({fmt::format("{:.0f}", batches[i]), fmt::format("{:.0f}", draws[i]),
                          fmt::format("{:.3g}", variances[i]), fmt::format("{:.3g}", variances[i] / shape(batches[i])),
                          fmt::format("{:.2f}", biases[i] * draws[i] / variances[i])});
  }
  section.remarks.push_back(fmt::format(
      "From the same figures the simple noise scale (McCandlish et al., eq. 2.9), the trace of the gradient's "
      "covariance "
      "over its squared norm, is {:.0f} samples at this point of training{}.",
      scale / full,
      largest_useful > 0 ? fmt::format("; the largest useful batch found above is {}", largest_useful) : ""));
  section.tables.push_back(table);
  section.plots.push_back({.name = "gradient",
                           .title = "Variance and bias of the minibatch gradient",
                           .x_label = "samples n in a batch (logarithmic)",
                           .y_label = "squared norm of the gradient (logarithmic)",
                           .log_x = 2,
                           .log_y = 10,
                           .series = {measured, bias, expected}});
  return section;
}

ReportSection noise_section(const BatchSizeGrid& grid, const StudySetting& setting, const StudyResults& results,
                            Index largest_useful) {
  ReportSection section{
      .heading = "The gradient's noise along training",
      .question = "How many samples have a gradient whose noise is as large as itself, and how does that number grow?",
      .remarks = {"Simple noise scale (McCandlish et al. 2018, eq. 2.9): the trace of the covariance of one sample's "
                  "gradient over the squared norm of the full gradient, measured at the end of runs of the study's own "
                  "settings that end after 1, 2, 4, ... epochs, from 256 batches of 16 samples and all samples."},
      .tables = {},
      .plots = {}};
  if (largest_useful > 0)
    section.remarks.push_back(fmt::format("The largest useful batch found above is {}.", largest_useful));
  const CellFigures figures{results, setting.seeds};
  std::vector<NamedCell> cells;
  for (const Overrides& cell : grid.noise_cells()) cells.push_back({cell.front().second, cell});
  section.tables.push_back(
      figures.table("Noise scale", "epochs", cells,
                    {{"noise_scale", "noise scale (samples)"}, {"validation_loss", "validation loss"}}));
  section.plots.push_back({.name = "noise",
                           .title = "Simple noise scale along training",
                           .x_label = "epochs (logarithmic)",
                           .y_label = "noise scale (samples, logarithmic)",
                           .log_x = 2,
                           .log_y = 10,
                           .series = {figures.curve("", cells, "noise_scale")}});
  return section;
}

ReportSection speed_section(const std::vector<Index>& batches, const std::vector<MeasuredSpeed>& speeds) {
  ReportSection section{
      .heading = "The machine's side",
      .question = "How many samples a second go through, by batch and by ranks x threads?",
      .remarks = {"Whole training steps of this network (SGD with momentum), measured on this machine at the "
                  "end of the study; another machine, or other programs beside, make other figures."},
      .tables = {},
      .plots = {}};
  std::vector<std::pair<int, int>> shapes;
  for (const MeasuredSpeed& speed : speeds)
    if (std::find(shapes.begin(), shapes.end(), std::pair{speed.ranks, speed.threads}) == shapes.end())
      shapes.emplace_back(speed.ranks, speed.threads);
  ReportTable table{.caption = "Samples a second", .rows = {{"batch"}}};
  Plot plot{.name = "speed",
            .title = "Speed by batch",
            .x_label = batch_axis,
            .y_label = "samples a second (logarithmic)",
            .log_x = 2,
            .log_y = 10,
            .series = {}};
  for (const auto& [ranks, threads] : shapes) {
    const std::string title = fmt::format("{} x {}", ranks, threads);
    table.rows.front().push_back(title);
    plot.series.push_back({.title = title + " (ranks x threads)", .points = {}});
  }
  for (const Index batch : batches) {
    std::vector<std::string> row{fmt::format("{}", batch)};
    for (std::size_t shape = 0; shape < shapes.size(); ++shape) {
      const auto found = std::find_if(speeds.begin(), speeds.end(), [&](const MeasuredSpeed& speed) {
        return speed.batch == batch && std::pair{speed.ranks, speed.threads} == shapes[shape];
      });
      row.push_back(found == speeds.end() ? "-" : with_thousands(found->samples_per_second));
      if (found != speeds.end())
        plot.series[shape].points.push_back({static_cast<double>(batch), found->samples_per_second, 0});
    }
    table.rows.push_back(row);
  }
  section.tables.push_back(table);
  section.plots.push_back(plot);
  return section;
}

}  // namespace lockstep
