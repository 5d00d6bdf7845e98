// SPDX-License-Identifier: MIT
// Sections on Monte-Carlo averages.
#include "apps/study/dropout_averaging.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

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
                  "probabilities of networks that are drawn by the masks of training (Monte-Carlo)."}};
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

namespace {

/// The run and precision that the samples held out like best, and what they come to.
struct DensityChoice {
  std::string rate;
  double precision = 0;
  double rmse = 0;        ///< of the mean of the networks
  double likelihood = 0;  ///< a sample
  double plain_rmse = 0;  ///< of the one network with scaled weights
};

std::optional<DensityChoice> best_density(const std::vector<NamedCell>& cells, const CellFigures& figures,
                                          std::uint64_t seed, const std::string& judged, Index networks) {
  std::optional<DensityChoice> choice;
  double best = -std::numeric_limits<double>::infinity();
  const std::string of_networks = fmt::format("_mc{}", networks);
  for (const NamedCell& cell : cells) {
    const PointRecord* record = figures.results().find(cell_name(cell.overrides), seed);
    if (record == nullptr || record->diverged) continue;
    const Json& all = record->content.at("figures");
    if (!all.contains("validation" + of_networks + "_log_likelihood")) continue;
    const std::vector<double> held_out = all.at("validation" + of_networks + "_log_likelihood");
    for (std::size_t i = 0; i < held_out.size(); ++i) {
      if (!(held_out[i] > best)) continue;
      best = held_out[i];
      choice = {.rate = cell.name,
                .precision = mc_precisions()[i],
                .rmse = all.value(judged + of_networks + "_rmse", 0.0),
                .likelihood = all.at(judged + of_networks + "_log_likelihood").at(i).get<double>(),
                .plain_rmse = all.value(judged + "_rmse", 0.0)};
    }
  }
  return choice;
}

/// Choices of all seeds that have one.
struct DensityChoices {
  std::vector<double> rmse, likelihood, plain;

  void add(const DensityChoice& choice) {
    rmse.push_back(choice.rmse);
    likelihood.push_back(choice.likelihood);
    plain.push_back(choice.plain_rmse);
  }
};

}  // namespace

ReportSection density_section(const DropoutQuestions& questions, const CellFigures& figures,
                              const std::string& judged) {
  const Index networks = questions.networks.back();
  std::vector<NamedCell> dropped = averaging_cells(questions, Task::regression);
  std::erase_if(dropped, [](const NamedCell& cell) { return cell.name == "none"; });
  const std::vector<NamedCell> none{{"none", dropout_cell(0, 0)}};
  ReportSection section{
      .heading = "Monte-Carlo dropout",
      .question = "What do the mean and the spread of networks drawn by dropout say about values?",
      .remarks = {fmt::format(
          "Gal & Ghahramani, Dropout as a Bayesian approximation, ICML 2016: dropout of the same rate before every "
          "layer, {} networks. For each seed, drop rate and precision tau are those of the best log-likelihood on the "
          "samples held out (without dropout, the precision alone); figures are then of the {} data.",
          networks, judged)}};
  ReportTable choices{.caption = "Chosen for each seed",
                      .rows = {{"seed", "drop rate", "tau (of standardised targets)", "RMSE", "log-likelihood",
                                "RMSE without sampling"}}};
  DensityChoices with;
  DensityChoices without;
  for (const std::uint64_t seed : figures.seeds()) {
    if (const auto choice = best_density(none, figures, seed, judged, networks)) without.add(*choice);
    const auto choice = best_density(dropped, figures, seed, judged, networks);
    if (!choice) continue;
    with.add(*choice);
    choices.rows.push_back({fmt::format("{}", seed), choice->rate, short_number(choice->precision),
                            short_number(choice->rmse), short_number(choice->likelihood),
                            short_number(choice->plain_rmse)});
  }
  const auto text = [](const std::vector<double>& values) { return estimate_text(estimate_of(values)); };
  section.tables.push_back(
      {.caption = fmt::format("On {} data", judged),
       .rows = {{"", "RMSE", "log-likelihood a sample"},
                {"without dropout", text(without.plain), text(without.likelihood)},
                {"dropout, one network with scaled weights", text(with.plain), ""},
                {fmt::format("dropout, mean of {} networks", networks), text(with.rmse), text(with.likelihood)}}});
  section.tables.push_back(choices);
  return section;
}

}  // namespace lockstep
