// SPDX-License-Identifier: MIT
// Sections on Monte-Carlo averages.
#include "apps/study/dropout_averaging.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "apps/table.hpp"

namespace lockstep {

using Json = nlohmann::ordered_json;

const std::vector<double>& mc_precisions() {
  static const std::vector<double> tried{0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
  return tried;
}

ReportSection averaging_section(const DropoutQuestions& questions, const CellFigures& figures,
                                const std::string& judged, const std::string& y_label) {
  const Overrides cell = averaging_cells(questions, Task::classification).front().overrides;
  const std::string figure = judged + "_error";
  ReportSection section{
      .heading = "Averaging at test time",
      .question = "Is one network with scaled weights as good as the mean of many networks, drawn by dropout?",
      .remarks = {"One network: all units at work, as weights are scaled during training. Averages: mean of the "
                  "probabilities of networks that are drawn by the masks of training (Monte-Carlo)."},
      .tables = {},
      .plots = {}};
  ReportTable table{.caption = "Monte-Carlo averages",
                    .rows = {{"networks", words_of(figure), "log-likelihood a sample"},
                             {"1, scaled weights", figures.text(cell, figure), ""}}};
  const Estimate scaled = figures.estimate(cell, figure);
  PlotSeries average{.title = "mean of drawn networks", .points = {}};
  PlotSeries guide{.title = "one network with scaled weights", .points = {}, .style = PlotSeries::Style::guide};
  for (const Index networks : questions.networks) {
    const std::string name = fmt::format("{}_mc{}", judged, networks);
    const Estimate error = figures.estimate(cell, name + "_error");
    table.rows.push_back(
        {fmt::format("{}", networks), estimate_text(error), figures.text(cell, name + "_log_likelihood")});
    average.points.push_back({static_cast<double>(networks), error.mean, error.error});
    guide.points.push_back({static_cast<double>(networks), scaled.mean, 0});
  }
  section.tables.push_back(table);
  section.plots.push_back({.name = "averaging",
                           .title = "Monte-Carlo averages against scaled weights",
                           .x_label = "networks averaged over (logarithmic)",
                           .y_label = y_label,
                           .log_x = 10,
                           .series = {average, guide}});
  return section;
}

ReportSection density_section(const DropoutQuestions& questions, const CellFigures& figures,
                              const std::string& judged) {
  const Index networks = questions.networks.back();
  const std::vector<NamedCell> cells = averaging_cells(questions, Task::regression);
  struct Chosen {
    std::vector<double> rmse, likelihood, plain;
  } chosen;
  ReportSection section{
      .heading = "Monte-Carlo dropout",
      .question = "What do the mean and the spread of networks drawn by dropout say about values?",
      .remarks = {fmt::format(
          "Gal & Ghahramani, Dropout as a Bayesian approximation, ICML 2016: dropout of the same rate "
          "before every layer, {} networks. For each seed, drop rate and precision tau are those of "
          "the best log-likelihood on the samples held out; figures are then of the {} data.",
          networks, judged)},
      .tables = {},
      .plots = {}};
  ReportTable choices{.caption = "Chosen for each seed",
                      .rows = {{"seed", "drop rate", "tau (of standardised targets)", "RMSE", "log-likelihood",
                                "RMSE without sampling"}}};
  for (const std::uint64_t seed : figures.seeds()) {
    double best = -std::numeric_limits<double>::infinity();
    std::vector<std::string> row;
    std::array<double, 3> values{};
    for (const NamedCell& cell : cells) {
      const PointRecord* record = figures.results().find(cell_name(cell.overrides), seed);
      const std::string of_networks = fmt::format("_mc{}", networks);
      if (record == nullptr || record->diverged ||
          !record->content.at("figures").contains("validation" + of_networks + "_log_likelihood"))
        continue;
      const Json& all = record->content.at("figures");
      const std::vector<double> held_out = all.at("validation" + of_networks + "_log_likelihood");
      for (std::size_t i = 0; i < held_out.size(); ++i) {
        if (!(held_out[i] > best)) continue;
        best = held_out[i];
        values = {all.value(judged + of_networks + "_rmse", 0.0),
                  all.at(judged + of_networks + "_log_likelihood").at(i).get<double>(),
                  all.value(judged + "_rmse", 0.0)};
        row = {fmt::format("{}", seed),          cell.name,
               short_number(mc_precisions()[i]), short_number(values[0]),
               short_number(values[1]),          short_number(values[2])};
      }
    }
    if (row.empty()) continue;
    choices.rows.push_back(row);
    chosen.rmse.push_back(values[0]);
    chosen.likelihood.push_back(values[1]);
    chosen.plain.push_back(values[2]);
  }
  const Overrides none = dropout_cell(0, 0);
  section.tables.push_back(
      {.caption = fmt::format("On {} data", judged),
       .rows = {{"", "RMSE", "log-likelihood a sample"},
                {"without dropout", figures.text(none, judged + "_rmse"), ""},
                {"dropout, one network with scaled weights", estimate_text(estimate_of(chosen.plain)), ""},
                {fmt::format("dropout, mean of {} networks", networks), estimate_text(estimate_of(chosen.rmse)),
                 estimate_text(estimate_of(chosen.likelihood))}}});
  section.tables.push_back(choices);
  return section;
}

}  // namespace lockstep
