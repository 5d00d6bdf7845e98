// SPDX-License-Identifier: MIT
// lockstep study dropout: what Srivastava et al. (JMLR 15, 2014) asked, and Gal & Ghahramani (ICML 2016).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/model_source.hpp"
#include "apps/study/dropout_averaging.hpp"
#include "apps/study/dropout_grid.hpp"
#include "apps/study/dropout_pictures.hpp"
#include "apps/study/study_kind.hpp"
#include "apps/study/tables.hpp"
#include "apps/table.hpp"
#include "core/setting_text.hpp"
#include "io/dataset_file.hpp"
#include "parallel/data_split.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/hidden_statistics.hpp"
#include "parallel/monte_carlo.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr Index samples_for_sparsity = 1000;

class DropoutStudy final : public Study {
 public:
  DropoutStudy(const StudyOptions& options, const StudySetting& setting, std::vector<std::string>& problems)
      : setting_{setting},
        questions_{dropout_questions_in(options, setting, problems)},
        classes_{setting.data.task == Task::classification},
        figure_{judged() + (classes_ ? "_error" : "_rmse")} {
    if (!setting.tested && setting.config.validation <= 0)
      problems.emplace_back(
          "errors are measured on samples that no run was trained on: give --test, --test-share or --validation");
    const bool standardized =
        setting.config.standardize != Standardize::none && setting.config.standardize != Standardize::features;
    if (asks("averaging") && !classes_ && !standardized)
      problems.push_back(fmt::format(
          "the question averaging tries precisions of standardised targets, but --standardize is {}; give auto, all or "
          "targets",
          setting_text::written(setting.config.standardize)));
    if (asks("averaging") && !classes_ && setting.config.validation <= 0)
      problems.emplace_back(
          "the question averaging chooses drop rate and precision on validation data: give --validation, 0.2 say");
  }

  [[nodiscard]] std::vector<WantedPoint> wanted(const StudyResults&) const override {
    std::vector<WantedPoint> points;
    // Seed by seed, so that a study that ends early has whole tables of the seeds that it made.
    for (const std::uint64_t seed : setting_.seeds) {
      const auto add = [&](const char* question, const std::vector<NamedCell>& cells) {
        if (asks(question)) want(points, cells, seed);
      };
      add("rates", fixed_size_cells(questions_));
      add("rates", fixed_share_cells(questions_, setting_.config));
      add("rates", input_cells(questions_));
      add("regularizers", regularizer_cells(questions_, setting_.config));
      add("sizes", size_cells(questions_, false));
      add("sizes", size_cells(questions_, true));
      add("averaging", averaging_cells(questions_, setting_.data.task));
      add("units", unit_cells(questions_));
    }
    return points;
  }

  [[nodiscard]] std::size_t most_runs() const override { return 0; }

  [[nodiscard]] std::vector<std::string> measures(const StudyPoint& point) const override {
    std::vector<std::string> names;
    if (asks("averaging") && among(point, averaging_cells(questions_, setting_.data.task)))
      names.push_back(fmt::format("averages of {} networks", fmt::join(questions_.networks, ", ")));
    if (asks("units") && among(point, unit_cells(questions_))) names.emplace_back("units");
    return names;
  }

  [[nodiscard]] Json measure(const MeasuredRun& run) const override {
    Json figures = Json::object();
    if (asks("averaging") && among(run.point, averaging_cells(questions_, setting_.data.task)))
      measure_averages(run, figures);
    if (asks("units") && among(run.point, unit_cells(questions_)))
      for (const HiddenStatistics& layer : hidden_statistics(run.model, seen(run), samples_for_sparsity))
        figures["sparsity_" + layer.layer] = layer.sparsity;
    return figures;
  }

  [[nodiscard]] Report report(const StudyResults& results, const StudyDirectory& directory) const override {
    const CellFigures figures{results, setting_.seeds};
    Report report{
        .title = fmt::format("Dropout on {}", data_name(setting_.data)),
        .introduction = {fmt::format(
            "What dropout does, after Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: a simple "
            "way "
            "to prevent neural networks from overfitting, JMLR 15 (2014). Each figure is the mean over {} and, behind "
            "±, its standard error. A share that is dropped is 1 - p of that paper.",
            counted(static_cast<Index>(setting_.seeds.size()), "seed", "seeds"))},
        .sections = {}};
    if (asks("rates")) report.sections.push_back(rates_section(figures));
    if (asks("regularizers")) report.sections.push_back(regularizer_section(figures));
    if (asks("sizes")) report.sections.push_back(size_section(figures));
    if (asks("averaging"))
      report.sections.push_back(classes_ ? averaging_section(questions_, figures, judged(), y_label())
                                         : density_section(questions_, figures, judged()));
    if (asks("units")) report.sections.push_back(units_section(figures, directory));
    return report;
  }

 private:
  [[nodiscard]] bool asks(std::string_view question) const {
    return std::find(questions_.asked.begin(), questions_.asked.end(), question) != questions_.asked.end();
  }

  static bool among(const StudyPoint& point, const std::vector<NamedCell>& cells) {
    return std::any_of(cells.begin(), cells.end(),
                       [&](const NamedCell& cell) { return cell_name(cell.overrides) == point.cell; });
  }

  /// Test data, or the data that were split.
  static const Dataset& seen(const MeasuredRun& run) {
    return run.data.test != nullptr ? *run.data.test : *run.data.train;
  }

  void measure_averages(const MeasuredRun& run, Json& figures) const;
  /// What a run is judged on: test data or, without, the samples held out.
  [[nodiscard]] std::string judged() const { return setting_.tested ? "test" : "validation"; }
  [[nodiscard]] std::string y_label() const {
    return words_of(figure_) + (classes_ ? " (share of samples)" : " (target's units)");
  }

  [[nodiscard]] ReportSection rates_section(const CellFigures& figures) const;
  [[nodiscard]] ReportSection regularizer_section(const CellFigures& figures) const;
  [[nodiscard]] ReportSection size_section(const CellFigures& figures) const;
  [[nodiscard]] ReportSection units_section(const CellFigures& figures, const StudyDirectory& directory) const;
  void add_pictures(ReportSection& section, const StudyDirectory& directory) const;

  StudySetting setting_;
  DropoutQuestions questions_;
  bool classes_;
  std::string figure_;
};

void DropoutStudy::measure_averages(const MeasuredRun& run, Json& figures) const {
  if (!has_dropout(run.model) && classes_) return;
  const McNetworks networks{.count = questions_.networks.back(), .seed = run.point.seed};
  const DataSplit split{run.point.request.config, *run.data.train};
  const Samples held_out{
      .data = *run.data.train, .row_of = split.validation_rows(), .samples = split.validation_samples()};
  const auto sampled = [&](const Samples& samples) {
    return evaluate_by_sampling(run.model, samples, networks, questions_.networks, mc_precisions(), run.communicator,
                                run.workers);
  };
  const auto add = [&](const std::string& part, const Samples& samples) {
    for (const McFigures& each : sampled(samples)) {
      const std::string name = fmt::format("{}_mc{}", part, each.networks);
      figures[name + (classes_ ? "_error" : "_rmse")] = each.error;
      figures[name + "_log_likelihood"] = classes_ ? Json(each.log_likelihood.front()) : Json(each.log_likelihood);
    }
  };
  if (held_out.samples > 0) add("validation", held_out);
  if (run.data.test == nullptr) return;
  const Samples test{.data = *run.data.test,
                     .row_of = [](Index position) { return position; },
                     .samples = run.data.test->info().samples};
  add("test", test);
}

ReportSection DropoutStudy::rates_section(const CellFigures& figures) const {
  const std::vector<NamedCell> size = fixed_size_cells(questions_);
  const std::vector<NamedCell> share = fixed_share_cells(questions_, setting_.config);
  const std::vector<NamedCell> input = input_cells(questions_);
  ReportSection section{
      .heading = "Drop rate",
      .question =
          "How does the error depend on the share of units dropped, for layers of the same size n, and for layers "
          "whose size times the share retained is the same?",
      .remarks = {
          fmt::format("Hidden units: no inputs are dropped. With n (1 - rate) fixed, layers have n (1 - {0}) / (1 - "
                      "rate) units, so that both curves meet at {0}. Inputs: hidden units are dropped at {0}.",
                      questions_.rate)}};
  const std::string heading = words_of(figure_);
  section.tables.push_back(
      figures.table("Hidden units, n fixed", "rate", size, {{figure_, heading}, {"train_loss", "training loss"}}));
  section.tables.push_back(figures.table("Hidden units, n (1 - rate) fixed", "rate", share,
                                         {{figure_, heading}, {"train_loss", "training loss"}}));
  section.tables.push_back(
      figures.table("Inputs", "rate", input, {{figure_, heading}, {"train_loss", "training loss"}}));
  section.plots.push_back(
      {.name = "hidden-rate",
       .title = "Drop rate of hidden units",
       .x_label = "share of hidden units dropped",
       .y_label = y_label(),
       .series = {figures.curve("n fixed", size, figure_), figures.curve("n (1 - rate) fixed", share, figure_)}});
  section.plots.push_back({.name = "input-rate",
                           .title = fmt::format("Drop rate of inputs, hidden units dropped at {}", questions_.rate),
                           .x_label = "share of inputs dropped",
                           .y_label = y_label(),
                           .series = {figures.curve("", input, figure_)}});
  return section;
}

ReportSection DropoutStudy::regularizer_section(const CellFigures& figures) const {
  const std::vector<NamedCell> cells = regularizer_cells(questions_, setting_.config);
  ReportSection section{
      .heading = "Regularisers",
      .question = "What do L2, L1, a limit on the norm of the weights into a unit, and dropout do, alone and together?",
      .remarks = {fmt::format(
          "One architecture. L2 weight {}, L1 weight {}, max-norm {}, dropout {} of hidden units and {} "
          "of inputs.",
          questions_.l2, questions_.l1, questions_.max_norm, questions_.rate, questions_.input_rate)},
      .tables = {figures.table("One architecture", "regulariser", cells,
                               {{figure_, words_of(figure_)},
                                {judged() + "_loss", judged() + " loss"},
                                {"train_loss", "training loss, as trained"}})}};
  if (std::any_of(cells.begin(), cells.end(), [](const NamedCell& cell) { return cell.name.ends_with("fast"); }))
    section.remarks.emplace_back("Fast: ten times the learning rate, and momentum 0.95 (appendix A.2 of the paper).");
  PlotSeries points = figures.curve("", cells, figure_, /*by_name=*/false);
  points.style = PlotSeries::Style::points;
  Plot plot{.name = "regularizers", .title = "Regularisers", .x_label = "", .y_label = y_label(), .series = {points}};
  for (const NamedCell& cell : cells) plot.x_names.push_back(cell.name);
  section.plots.push_back(plot);
  return section;
}

ReportSection DropoutStudy::size_section(const CellFigures& figures) const {
  const std::vector<NamedCell> without = size_cells(questions_, false);
  const std::vector<NamedCell> with = size_cells(questions_, true);
  return {.heading = "Training-set size",
          .question = "From how many training samples on does dropout help?",
          .remarks = {fmt::format("Subsets are drawn by seed. Each run takes {} steps, whatever its subset.",
                                  questions_.steps)},
          .tables = {figures.table("Without dropout", "training samples", without,
                                   {{figure_, words_of(figure_)}, {"train_loss", "training loss"}}),
                     figures.table("With dropout", "training samples", with,
                                   {{figure_, words_of(figure_)}, {"train_loss", "training loss"}})},
          .plots = {{.name = "training-size",
                     .title = "Error against the number of training samples",
                     .x_label = "training samples (logarithmic)",
                     .y_label = y_label(),
                     .log_x = 10,
                     .series = {figures.curve("without dropout", without, figure_),
                                figures.curve("with dropout", with, figure_)}}}};
}

ReportSection DropoutStudy::units_section(const CellFigures& figures, const StudyDirectory& directory) const {
  const std::vector<NamedCell> cells = unit_cells(questions_);
  std::vector<std::pair<std::string, std::string>> columns{{figure_, words_of(figure_)}};
  for (std::size_t layer = 1; layer <= setting_.config.hidden.size(); ++layer)
    columns.emplace_back(fmt::format("sparsity_hidden{}", layer), fmt::format("silent in hidden{}", layer));
  ReportSection section{
      .heading = "What the hidden units become",
      .question =
          "Are hidden units more sparsely active, and their weights clearer, when they were trained with dropout?",
      .remarks = {fmt::format(
          "Activations for up to {} samples, nothing dropped. Silent: at most a hundredth of the layer's "
          "largest activation. Histograms and weights are of the first seed.",
          samples_for_sparsity)},
      .tables = {figures.table("Share of activations that are silent", "", cells, columns)}};
  add_pictures(section, directory);
  return section;
}

void DropoutStudy::add_pictures(ReportSection& section, const StudyDirectory& directory) const {
  std::vector<LoadedCheckpoint> loaded;
  std::vector<NamedModel> models;
  std::unique_ptr<Dataset> data;
  try {
    data = open_dataset(setting_.data.name);
    for (const NamedCell& cell : unit_cells(questions_))
      loaded.push_back(load_checkpoint(
          directory.run(StudyPoint{.cell = cell_name(cell.overrides), .seed = setting_.seeds.front()}.name())));
  } catch (const RequestError& failure) {
    section.remarks.push_back(fmt::format("Not drawn: {}", failure.what()));
    return;
  }
  for (std::size_t i = 0; i < loaded.size(); ++i)
    models.push_back({.name = unit_cells(questions_)[i].name, .model = loaded[i].checkpoint.model});
  section.plots = activation_plots(models, *data);
  for (const NamedModel& model : models)
    if (auto image = weight_image(model, setting_.data.feature_shape)) section.images.push_back(std::move(*image));
}

}  // namespace

StudyKind dropout_study() {
  return {
      .name = "dropout",
      .description = "What dropout does: rates, other regularisers, data size, averaging, hidden units",
      .footer =
          "Questions, after Srivastava et al. (JMLR 15, 2014):\n"
          "  rates         error against the drop rate of hidden units (n fixed, n (1 - rate) fixed), and of\n"
          "                inputs\n"
          "  regularizers  none, L2, L1, max-norm, dropout, and dropout with each\n"
          "  sizes         error against training-set size, with and without dropout\n"
          "  averaging     scaled weights against the mean of networks drawn by dropout; of values,\n"
          "                Monte-Carlo dropout (Gal & Ghahramani 2016): RMSE and log-likelihood\n"
          "  units         mean activations, sparsity, and the first layer's weights as images\n\n"
          "Examples:\n"
          "  lockstep study dropout --quick --train train.h5 --test test.h5 --out studies/dropout\n"
          "  lockstep study dropout --config apps/recipes/dropout-fashion-mnist.toml \\\n"
          "    --train train.h5 --test test.h5 --out studies/fashion\n"
          "  lockstep study dropout --questions averaging --train table.h5 --test-share 0.1 \\\n"
          "    --validation 0.2 --hidden 50 --seeds 10 --out studies/table",
      .options = {{"questions", "NAME,...", "all", "all", "Which: rates, regularizers, sizes, averaging, units; all"},
                  {"rates", "SHARE,...", "0,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8", "0,0.25,0.5,0.75",
                   "Drop rates of hidden units"},
                  {"input-rates", "SHARE,...", "0,0.1,0.2,0.3,0.5", "0,0.2,0.5", "Drop rates of inputs"},
                  {"rate", "SHARE", "0.5", "0.5", "Drop rate of hidden units where one stands for dropout"},
                  {"input-rate", "SHARE", "0.2", "0.2", "Drop rate of inputs beside it"},
                  {"regularizers", "NAME,...", "all", "all",
                   "Rows of the table of regularisers: none, L2, L1, max-norm, dropout, 'dropout + L2', 'dropout + "
                   "L1', 'dropout + max-norm'; with momentum also 'dropout + fast', 'dropout + max-norm + fast'; all"},
                  {"norm", "NORM", "3", "3", "Longest norm, where max-norm is one of the regularisers"},
                  {"l1-weight", "WEIGHT", "1e-5", "1e-5", "Weight of L1, where it is one of them"},
                  {"l2-weight", "WEIGHT", "1e-4", "1e-4", "Weight of L2, where it is one of them"},
                  {"size-shares", "SHARE,...", "0.01,0.03,0.1,0.3,1", "0.05,0.2,1", "Shares of the training samples"},
                  {"networks", "COUNT,...", "1,2,5,10,20,50,100", "1,3,10", "Networks to average over"}},
      .make = [](const StudyOptions& options, const StudySetting& setting, std::vector<std::string>& problems)
          -> std::unique_ptr<Study> { return std::make_unique<DropoutStudy>(options, setting, problems); }};
}

}  // namespace lockstep
