// SPDX-License-Identifier: MIT
// Sections on gradients and on speed.
#include "apps/study/batch_size_measurements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/study/tables.hpp"
#include "apps/table.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

Plot batch_plot(std::string name, std::string title, const std::string& y) {
  return {.name = std::move(name),
          .title = std::move(title),
          .x_label = "batch size (samples, logarithmic)",
          .y_label = y + " (logarithmic)",
          .log_x = 2,
          .log_y = 10,
          .series = {}};
}

ReportSection gradient_section(const PointRecord* record, const StudySetting& setting, Index largest_useful) {
  ReportSection section{
      .heading = "The minibatch gradient as an estimate",
      .question = "Is the gradient of n samples an unbiased estimate of the full gradient, with a variance of 1/n?",
      .remarks = {
          "At the end of one run with the study's own settings, batches of n training samples are drawn without "
          "replacement, so that their variance is s (1/n)(N - n)/(N - 1), which is 0 for all N. Variance: mean of |g "
          "- G|^2. Bias: |mean of g - G|^2, which without bias is the variance over the number of draws: their "
          "ratio then scatters around 1."}};
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

std::vector<Range> noise_windows(Index epochs) {
  std::vector<Range> windows;
  for (Index begin = 0, end = 1; begin < epochs; begin = end, end *= 2)
    windows.push_back({begin, std::min(end, epochs)});
  return windows;
}

namespace {

/// The mean of one column of a run's metrics over epochs; NaN where nothing was measured.
double mean_over(const Json& figures, std::string_view column, Range epochs) {
  if (!figures.contains(column)) return NAN;
  double sum = 0;
  double count = 0;
  const Json& values = figures.at(std::string{column});
  for (Index epoch = epochs.begin; epoch < std::min(epochs.end, static_cast<Index>(values.size())); ++epoch) {
    const Json& value = values.at(static_cast<std::size_t>(epoch));
    if (!value.is_number()) continue;
    sum += value.get<double>();
    ++count;
  }
  return sum / count;
}

/// Noise scale and validation loss in a window of epochs.
struct WindowNoise {
  Estimate scale;  ///< of all seeds together, with its standard error by leaving out one seed at a time
  Estimate loss;
};

/// The quotient of two sums over seeds, all but the one at `without`; NaN where noise hides the gradient.
double quotient(const std::vector<double>& variances, const std::vector<double>& squares, std::size_t without) {
  double variance = 0;
  double square = 0;
  for (std::size_t i = 0; i < variances.size(); ++i) {
    if (i == without) continue;
    variance += variances[i];
    square += squares[i];
  }
  return square > 0 ? variance / square : NAN;
}

WindowNoise noise_in(const StudyResults& results, const Overrides& cell, const StudySetting& setting, Range epochs) {
  std::vector<double> variances;
  std::vector<double> squares;
  std::vector<double> losses;
  for (const std::uint64_t seed : setting.seeds) {
    const PointRecord* record = results.find(cell_name(cell), seed);
    if (record == nullptr || record->diverged) continue;
    const Json& figures = record->content.at("figures");
    losses.push_back(mean_over(figures, noise_columns[2], epochs));
    const double variance = mean_over(figures, noise_columns[0], epochs);
    if (!std::isfinite(variance)) continue;
    variances.push_back(variance);
    squares.push_back(mean_over(figures, noise_columns[1], epochs));
  }
  WindowNoise noise{.scale = {}, .loss = estimate_of(losses)};
  const std::size_t seeds = variances.size();
  noise.scale.mean = quotient(variances, squares, seeds);
  noise.scale.count = std::isfinite(noise.scale.mean) ? seeds : 0;
  // The jackknife (Efron & Stein 1981): for quotients of sums.
  std::vector<double> others;
  for (std::size_t i = 0; i < seeds; ++i) others.push_back(quotient(variances, squares, i));
  const Estimate spread = estimate_of(others);
  if (spread.count == seeds) noise.scale.error = spread.error * static_cast<double>(seeds - 1);
  if (seeds > 1 && !(noise.scale.error < noise.scale.mean)) noise.scale = {};
  return noise;
}

}  // namespace

ReportSection noise_section(const BatchSizeGrid& grid, const StudySetting& setting, const StudyResults& results,
                            Index largest_useful) {
  const CellFigures figures{results, setting.seeds};
  ReportSection section{
      .heading = "The gradient's noise along training",
      .question = "How many samples have a gradient whose noise is as large as itself, and how does that number grow?",
      .remarks = {
          "Simple noise scale (McCandlish et al. 2018, eq. 2.9): the trace of the covariance of one sample's gradient "
          "over the squared norm of the true gradient. Runs of the study's own settings estimate both in every step, "
          "from the norms of the samples' gradients and of the batch's (appendix A.1); each is averaged over the "
          "epochs of a row and all seeds before dividing, and the standard error is that of leaving out one seed at a "
          "time. Without a figure: noise hid the gradient (the error was larger than the figure).",
          fmt::format(
              "As a check, at the ends of the same runs, from 256 batches of 16 samples against the gradient of "
              "all: {}.",
              figures.text(grid.noise_cell(), "noise_scale_at_end"))}};
  if (largest_useful > 0)
    section.remarks.push_back(fmt::format("The largest useful batch found above is {}.", largest_useful));
  ReportTable table{.caption = "Noise scale", .rows = {{"epochs", "noise scale (samples)", "validation loss"}}};
  PlotSeries curve{.title = "", .points = {}};
  for (const Range window : noise_windows(setting.config.epochs)) {
    const WindowNoise noise = noise_in(results, grid.noise_cell(), setting, window);
    table.rows.push_back(
        {window.size() == 1 ? fmt::format("{}", window.end) : fmt::format("{} to {}", window.begin + 1, window.end),
         estimate_text(noise.scale), estimate_text(noise.loss)});
    if (noise.scale.count > 0)
      curve.points.push_back({static_cast<double>(window.end), noise.scale.mean, noise.scale.error});
  }
  section.tables.push_back(table);
  section.plots.push_back({.name = "noise",
                           .title = "Simple noise scale along training",
                           .x_label = "last epoch of those averaged (logarithmic)",
                           .y_label = "noise scale (samples, logarithmic)",
                           .log_x = 2,
                           .log_y = 10,
                           .series = {curve}});
  return section;
}

ReportSection speed_section(const std::vector<Index>& batches, const std::vector<MeasuredSpeed>& speeds) {
  ReportSection section{
      .heading = "The machine's side",
      .question = "How many samples a second go through, by batch and by ranks x threads?",
      .remarks = {"Whole training steps of this network (SGD with momentum), measured on this machine at the "
                  "end of the study; another machine, or other programs beside, make other figures. Medians of "
                  "several measurements; bars: half the way from the slowest to the fastest. ~: unsteady, the slowest "
                  "is less than two thirds of the fastest."}};
  std::vector<std::pair<int, int>> shapes;
  for (const MeasuredSpeed& speed : speeds)
    if (std::find(shapes.begin(), shapes.end(), std::pair{speed.ranks, speed.threads}) == shapes.end())
      shapes.emplace_back(speed.ranks, speed.threads);
  ReportTable table{.caption = "Samples a second", .rows = {{"batch"}}};
  Plot plot = batch_plot("speed", "Speed by batch", "samples a second");
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
      if (found == speeds.end()) {
        row.emplace_back("-");
        continue;
      }
      const Spread& speed = found->samples_per_second;
      row.push_back((speed.is_unsteady() ? "~" : "") + with_thousands(speed.median));
      plot.series[shape].points.push_back(
          {static_cast<double>(batch), speed.median, (speed.greatest - speed.least) / 2});
    }
    table.rows.push_back(row);
  }
  section.tables.push_back(table);
  section.plots.push_back(plot);
  return section;
}

}  // namespace lockstep
