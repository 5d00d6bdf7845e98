// SPDX-License-Identifier: MIT
// Tables and curves over batches.
#include "apps/study/batch_size_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/study/batch_size_measurements.hpp"
#include "apps/study/tables.hpp"
#include "apps/table.hpp"

namespace lockstep {
namespace {

/// One report under way.
class BatchSizeReport {
 public:
  BatchSizeReport(const BatchQuestions& questions, const StudySetting& setting, const StudyResults& results,
                  const std::vector<MeasuredSpeed>& speeds)
      : questions_{questions},
        setting_{setting},
        results_{results},
        speeds_{speeds},
        grid_{questions, setting, results},
        regimes_{regimes_of(grid_, questions, setting, results)} {}

  [[nodiscard]] Report whole() const {
    Report report{
        .title = fmt::format("Batch size on {}", data_name(setting_.data)), .introduction = {}, .sections = {}};
    report.introduction.push_back(fmt::format(
        "What the batch size does, after Shallue, Lee, Antognini, Sohl-Dickstein, Frostig and Dahl, Measuring the "
        "effects "
        "of data parallelism on neural network training, JMLR 20 (2019), and McCandlish, Kaplan, Amodei and others, An "
        "empirical model of large-batch training (2018). Each figure is the mean over {} and, behind ±, its standard "
        "error.",
        counted(static_cast<Index>(setting_.seeds.size()), "seed", "seeds")));
    if (grid_.target())
      report.introduction.push_back(fmt::format(
          "The target is {}{}. It is looked for after steps 1, 2, 3, ..., from 20 on in intervals "
          "of a "
          "twentieth, so steps are known to 5 %. A run of batch B has at most the steps of {} epochs, or {} where that "
          "is "
          "more.",
          target_text(),
          questions_.target > 0 ? "" : " (what half of the epochs at the study's own batch size and rate come to)",
          setting_.config.epochs, questions_.least_steps));
    if (questions_.asks("target")) report.sections.push_back(target_section());
    if (questions_.asks("rules")) report.sections.push_back(rules_section());
    if (questions_.asks("generalization")) report.sections.push_back(generalization_section());
    if (questions_.asks("gradient"))
      report.sections.push_back(gradient_section(pilot(), setting_, regimes_.largest_useful));
    if (questions_.asks("noise"))
      report.sections.push_back(noise_section(grid_, setting_, results_, regimes_.largest_useful));
    if (questions_.asks("speed")) report.sections.push_back(speed_section(questions_.batches, speeds_));
    return report;
  }

 private:
  /// "a validation loss of 0.15".
  [[nodiscard]] std::string target_text() const {
    return fmt::format("a validation {} of {:g}", error_name(*grid_.target()), grid_.target()->value);
  }
  [[nodiscard]] const char* error_name(BatchTarget target) const {
    return target.error && setting_.data.task == Task::regression ? "RMSE" : target.what();
  }

  [[nodiscard]] Estimate steps(const Overrides& cell) const {
    std::vector<double> values;
    for (const std::uint64_t seed : setting_.seeds) values.push_back(steps_to_target(results_, cell, seed));
    return estimate_of(values);
  }

  [[nodiscard]] std::string steps_text(const Overrides& cell) const {
    const Estimate estimate = steps(cell);
    const std::size_t seeds = setting_.seeds.size();
    if (estimate.count == 0) return "not reached";
    std::string text = fmt::format("{:.0f}", estimate.mean);
    if (estimate.count > 1) text += fmt::format(" ± {:.0f}", estimate.error);
    return estimate.count == seeds ? text : fmt::format("{} ({} of {} reached)", text, estimate.count, seeds);
  }

  /// What is known of the first seed's run of the study's own settings, or null.
  [[nodiscard]] const PointRecord* pilot() const {
    return results_.find(cell_name(grid_.pilot()), setting_.seeds.front());
  }

  [[nodiscard]] ReportSection target_section() const;
  [[nodiscard]] ReportTable search_table() const;
  [[nodiscard]] Plot steps_plot() const;
  [[nodiscard]] Plot samples_plot() const;
  [[nodiscard]] Plot seconds_plot() const;
  [[nodiscard]] Plot search_plot() const;
  [[nodiscard]] std::string regimes_text() const;
  [[nodiscard]] ReportSection rules_section() const;
  [[nodiscard]] ReportSection generalization_section() const;
  [[nodiscard]] double fastest(Index batch) const;

  const BatchQuestions& questions_;
  const StudySetting& setting_;
  const StudyResults& results_;
  const std::vector<MeasuredSpeed>& speeds_;
  BatchSizeGrid grid_;
  BatchRegimes regimes_;
};

std::string BatchSizeReport::regimes_text() const {
  if (regimes_.rows.empty()) return "No batch came to the target with all seeds; raise --target, --epochs or --search.";
  const BatchRegimes::Row& last = regimes_.rows.back();
  std::string text = fmt::format(
      "Perfect scaling (samples to the target at most 25 % more than the fewest): up to a batch of {}. Largest useful "
      "batch: {}",
      regimes_.perfect_to, regimes_.largest_useful);
  return text + (regimes_.largest_useful == last.batch
                     ? "; the maximum was not seen: larger batches may save more steps."
                     : ", whose steps are within 10 % of the fewest; beyond it more samples save no steps.");
}

ReportTable BatchSizeReport::search_table() const {
  ReportTable table{.caption = "Search of the learning rate (first seed): steps to the target",
                    .rows = {{"batch", "runs", "rates and steps (-: target not reached, or diverged)"}},
                    .ends_in_words = true};
  for (const Index batch : questions_.batches) {
    const RateSearch search = grid_.search(batch);
    std::string tried;
    for (const auto& [k, cost] : search.costs())
      tried += fmt::format("{}{:g}: {}", tried.empty() ? "" : ", ", grid_.rate(batch, k),
                           std::isfinite(cost) ? fmt::format("{:g}", cost) : "-");
    table.rows.push_back({fmt::format("{}", batch), fmt::format("{}", search.costs().size()), tried});
  }
  return table;
}

Plot BatchSizeReport::steps_plot() const {
  Plot plot = batch_plot("steps", fmt::format("Steps to {}", target_text()), "steps to the target");
  plot.series.push_back({.title = "tuned rate", .points = {}});
  PlotSeries perfect{.title = "perfect scaling", .points = {}, .style = PlotSeries::Style::guide};
  PlotSeries fewest{.title = "fewest steps", .points = {}, .style = PlotSeries::Style::guide};
  double least_samples = INFINITY;
  double least_steps = INFINITY;
  for (const BatchRegimes::Row& row : regimes_.rows) {
    least_samples = std::min(least_samples, row.steps.mean * static_cast<double>(row.batch));
    least_steps = std::min(least_steps, row.steps.mean);
  }
  for (const BatchRegimes::Row& row : regimes_.rows) {
    const auto batch = static_cast<double>(row.batch);
    plot.series[0].points.push_back({batch, row.steps.mean, row.steps.error});
    perfect.points.push_back({batch, least_samples / batch, 0});
    fewest.points.push_back({batch, least_steps, 0});
  }
  plot.series.push_back(perfect);
  plot.series.push_back(fewest);
  return plot;
}

Plot BatchSizeReport::samples_plot() const {
  Plot plot = batch_plot("samples", fmt::format("Samples to {}", target_text()), "samples to the target");
  plot.series.push_back({.title = "", .points = {}});
  for (const BatchRegimes::Row& row : regimes_.rows) {
    const auto batch = static_cast<double>(row.batch);
    plot.series[0].points.push_back({batch, batch * row.steps.mean, batch * row.steps.error});
  }
  return plot;
}

Plot BatchSizeReport::seconds_plot() const {
  Plot plot =
      batch_plot("seconds", fmt::format("Seconds to {}, fastest shape here", target_text()), "seconds to the target");
  plot.series.push_back({.title = "", .points = {}});
  for (const BatchRegimes::Row& row : regimes_.rows) {
    const double speed = fastest(row.batch);
    if (speed <= 0) continue;
    const double step = static_cast<double>(row.batch) / speed;
    plot.series[0].points.push_back({static_cast<double>(row.batch), step * row.steps.mean, step * row.steps.error});
  }
  return plot;
}

Plot BatchSizeReport::search_plot() const {
  Plot plot = batch_plot("rates", "Tuned learning rate by batch", "learning rate");
  plot.series.push_back({.title = "tuned", .points = {}});
  PlotSeries linear{.title = "linear", .points = {}, .style = PlotSeries::Style::guide};
  PlotSeries root{.title = "square root", .points = {}, .style = PlotSeries::Style::guide};
  for (const Index batch : questions_.batches) {
    const auto x = static_cast<double>(batch);
    if (const auto rate = grid_.tuned(batch)) plot.series[0].points.push_back({x, *rate, 0});
    if (!grid_.tuned(questions_.usual_batch)) continue;
    linear.points.push_back({x, grid_.rule_rate(batch, 1), 0});
    root.points.push_back({x, grid_.rule_rate(batch, 0.5), 0});
  }
  plot.series.push_back(linear);
  plot.series.push_back(root);
  return plot;
}

ReportSection BatchSizeReport::target_section() const {
  ReportSection section{
      .heading = "Steps, samples and seconds to the target",
      .question = "How far do larger batches save steps, when each has a learning rate of its own?",
      .remarks = {
          fmt::format("For each batch the learning rate is searched on the first seed, on the lattice rate x {:g}^k "
                      "with the rate of the study ({:g}) scaled by the square root of the batch in its middle: k = "
                      "-4, -2, 0, 2, 4, then the neighbours of the best and beyond the ends, {} runs at most. The "
                      "best rate then runs on all seeds.",
                      questions_.factor, setting_.config.learning_rate.value_or(0), questions_.search),
          regimes_text()}};
  if (!grid_.target()) return section;
  ReportTable table{.caption = "By batch, at its best rate",
                    .rows = {{"batch", "learning rate", "steps", "samples", "seconds (fastest shape here)", "regime"}},
                    .ends_in_words = true};
  for (const Index batch : questions_.batches) {
    const auto rate = grid_.tuned(batch);
    if (!rate) {
      table.rows.push_back(
          {fmt::format("{}", batch), "-", "infeasible: no rate came to the target", "-", "-", "infeasible"});
      continue;
    }
    const Estimate estimate = steps(grid_.tuned_cell(batch));
    const double samples = estimate.mean * static_cast<double>(batch);
    const double speed = fastest(batch);
    const bool all = estimate.count == setting_.seeds.size();
    const char* const regime = !all                               ? "infeasible for some seeds"
                               : batch <= regimes_.perfect_to     ? "perfect scaling"
                               : batch < regimes_.largest_useful  ? "diminishing returns"
                               : batch == regimes_.largest_useful ? "largest useful"
                                                                  : "maximum";
    table.rows.push_back({fmt::format("{}", batch), fmt::format("{:g}", *rate), steps_text(grid_.tuned_cell(batch)),
                          with_thousands(samples), speed > 0 ? fmt::format("{:.3g}", samples / speed) : "-", regime});
  }
  section.tables = {table, search_table()};
  section.plots = {steps_plot(), samples_plot()};
  if (!speeds_.empty()) section.plots.push_back(seconds_plot());
  section.plots.push_back(search_plot());
  return section;
}

ReportSection BatchSizeReport::rules_section() const {
  ReportSection section{
      .heading = "How far rules carry",
      .question = "Is the tuned rate of one batch, scaled by a rule and with a warm-up, as good as tuning each batch?",
      .remarks = {fmt::format(
          "Linear and square-root scaling start from the tuned rate of batch {}; larger batches have a linear warm-up "
          "over one epoch (a tenth of the run's most steps, where that is less).",
          questions_.usual_batch)}};
  if (!grid_.target() || !grid_.tuned(questions_.usual_batch)) {
    section.remarks.push_back("No rate of that batch came to the target, so there is nothing to scale.");
    return section;
  }
  ReportTable table{.caption = "Steps to the target", .rows = {{"batch", "tuned", "linear", "square root"}}};
  Plot plot = batch_plot("rules", fmt::format("Steps to {}", target_text()), "steps to the target");
  for (const char* title : {"tuned", "linear", "square root"}) plot.series.push_back({.title = title, .points = {}});
  const auto add = [&](std::size_t series, Index batch, const Overrides& cell) {
    const Estimate estimate = steps(cell);
    const bool all = estimate.count == setting_.seeds.size();  // else the curve is interrupted
    plot.series[series].points.push_back({static_cast<double>(batch), all ? estimate.mean : NAN, estimate.error});
  };
  for (const Index batch : questions_.batches) {
    const bool tuned = grid_.tuned(batch).has_value();
    table.rows.push_back({fmt::format("{}", batch), tuned ? steps_text(grid_.tuned_cell(batch)) : "infeasible",
                          steps_text(grid_.rule_cell(batch, 1)), steps_text(grid_.rule_cell(batch, 0.5))});
    if (tuned) add(0, batch, grid_.tuned_cell(batch));
    add(1, batch, grid_.rule_cell(batch, 1));
    add(2, batch, grid_.rule_cell(batch, 0.5));
  }
  section.tables.push_back(table);
  section.plots.push_back(plot);
  return section;
}

ReportSection BatchSizeReport::generalization_section() const {
  const std::string figure = (setting_.tested ? "test_" : "validation_") +
                             std::string{setting_.data.task == Task::classification ? "error" : "rmse"};
  ReportSection section{
      .heading = "Generalisation",
      .question = "Do large batches generalise worse at the same loss or error on the training samples?",
      .remarks = {}};
  if (!grid_.target()) return section;
  const BatchTarget target = *grid_.training_target();
  const char* const what = error_name(target);
  section.remarks.push_back(fmt::format(
      "Each batch, at its tuned rate, is trained until the {} over all training samples is {:g} or less, in at most "
      "twice the steps.",
      what, target.value));
  ReportTable table{.caption = fmt::format("At equal training {}", what),
                    .rows = {{"batch", words_of(figure), fmt::format("training {}", what), "steps"}}};
  Plot plot{.name = "generalization",
            .title = fmt::format("At a training {} of {:g}", what, target.value),
            .x_label = "batch size (samples, logarithmic)",
            .y_label = words_of(figure) + (setting_.data.task == Task::classification ? " (share of samples)" : ""),
            .log_x = 2,
            .series = {{.title = "", .points = {}}}};
  for (const Index batch : questions_.batches) {
    if (!grid_.tuned(batch)) continue;
    const Overrides cell = grid_.training_cell(batch);
    const CellFigures figures{results_, setting_.seeds};
    const Estimate error = figures.estimate(cell, figure);
    table.rows.push_back({fmt::format("{}", batch), estimate_text(error),
                          figures.text(cell, fmt::format("{}_on_target_samples", target.what())), steps_text(cell)});
    if (steps(cell).count == setting_.seeds.size())
      plot.series[0].points.push_back({static_cast<double>(batch), error.mean, error.error});
  }
  section.tables.push_back(table);
  section.plots.push_back(plot);
  return section;
}

double BatchSizeReport::fastest(Index batch) const {
  double best = 0;
  for (const MeasuredSpeed& speed : speeds_)
    if (speed.batch == batch) best = std::max(best, speed.samples_per_second.median);
  return best;
}

}  // namespace

BatchRegimes regimes_of(const BatchSizeGrid& grid, const BatchQuestions& questions, const StudySetting& setting,
                        const StudyResults& results) {
  BatchRegimes regimes;
  double fewest_samples = INFINITY;
  double fewest_steps = INFINITY;
  for (const Index batch : questions.batches) {
    if (!grid.tuned(batch)) continue;
    std::vector<double> steps;
    for (const std::uint64_t seed : setting.seeds)
      steps.push_back(steps_to_target(results, grid.tuned_cell(batch), seed));
    const Estimate estimate = estimate_of(steps);
    if (estimate.count < setting.seeds.size()) continue;
    regimes.rows.push_back({.batch = batch, .steps = estimate, .reached = estimate.count});
    fewest_samples = std::min(fewest_samples, estimate.mean * static_cast<double>(batch));
    fewest_steps = std::min(fewest_steps, estimate.mean);
  }
  for (const BatchRegimes::Row& row : regimes.rows) {
    if (row.steps.mean * static_cast<double>(row.batch) <= 1.25 * fewest_samples) regimes.perfect_to = row.batch;
    if (regimes.largest_useful == 0 && row.steps.mean <= 1.1 * fewest_steps) regimes.largest_useful = row.batch;
  }
  return regimes;
}

Report batch_size_report(const BatchQuestions& questions, const StudySetting& setting, const StudyResults& results,
                         const std::vector<MeasuredSpeed>& speeds) {
  return BatchSizeReport{questions, setting, results, speeds}.whole();
}

}  // namespace lockstep
