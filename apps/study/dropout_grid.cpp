// SPDX-License-Identifier: MIT
// Which runs answer which question.
#include "apps/study/dropout_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/setting_text.hpp"
#include "core/settings.hpp"

namespace lockstep {
namespace {

using setting_text::written;

void require_shares(const std::vector<double>& shares, std::string_view name, std::vector<std::string>& problems) {
  for (const double share : shares)
    if (!(share >= 0 && share < 1))
      problems.push_back(fmt::format("--{}: {} is no share to drop; it must be at least 0 and below 1", name, share));
}

Overrides with(Overrides cell, const Overrides& more) {
  cell.insert(cell.end(), more.begin(), more.end());
  return cell;
}

std::vector<NamedCell> every_regularizer(const DropoutQuestions& questions, const TrainConfig& config) {
  const Overrides none = dropout_cell(0, 0);
  const Overrides dropout = dropout_cell(questions.rate, questions.input_rate);
  const Overrides l2{{"l2", written(questions.l2)}};
  const Overrides l1{{"l1", written(questions.l1)}};
  const Overrides norm{{"max-norm", written(questions.max_norm)}};
  std::vector<NamedCell> cells{{"none", none},
                               {"L2", with(none, l2)},
                               {"L1", with(none, l1)},
                               {"max-norm", with(none, norm)},
                               {"dropout", dropout},
                               {"dropout + L2", with(dropout, l2)},
                               {"dropout + L1", with(dropout, l1)},
                               {"dropout + max-norm", with(dropout, norm)}};
  if (config.optimizer == Optimizer::momentum || config.optimizer == Optimizer::nesterov) {
    // Appendix A.2: a rate ten times as high, and more momentum, which the limit on the norm makes possible.
    const Overrides fast{{"learning-rate", written(10 * learning_rate_of(config))}, {"momentum", "0.95"}};
    cells.push_back({"dropout + fast", with(dropout, fast)});
    cells.push_back({"dropout + max-norm + fast", with(with(dropout, norm), fast)});
  }
  return cells;
}

}  // namespace

DropoutQuestions dropout_questions_in(const StudyOptions& options, const StudySetting& setting,
                                      std::vector<std::string>& problems) {
  DropoutQuestions questions{.asked = options.words("questions", dropout_questions, problems),
                             .rates = options.numbers("rates", problems),
                             .input_rates = options.numbers("input-rates", problems),
                             .rate = options.number("rate", problems),
                             .input_rate = options.number("input-rate", problems),
                             .max_norm = options.number("norm", problems),
                             .l1 = options.number("l1-weight", problems),
                             .l2 = options.number("l2-weight", problems),
                             .regularizers = {},
                             .sizes = {},
                             .steps = setting.steps,
                             .networks = options.counts("networks", problems)};
  std::vector<std::string> names;
  for (const NamedCell& cell : every_regularizer(questions, setting.config)) names.push_back(cell.name);
  questions.regularizers = options.words("regularizers", names, problems);
  require_shares(questions.rates, "rates", problems);
  require_shares(questions.input_rates, "input-rates", problems);
  require_shares({questions.rate}, "rate", problems);
  require_shares({questions.input_rate}, "input-rate", problems);
  if (setting.config.hidden.empty())
    problems.emplace_back("there are no hidden units to drop: give --hidden, 512,512 say");
  for (const double share : options.numbers("size-shares", problems)) {
    if (!(share > 0 && share <= 1)) {
      problems.push_back(fmt::format("--size-shares: {} is no share of the training samples above 0", share));
      continue;
    }
    const Index most = setting.training_samples;
    questions.sizes.push_back(std::max<Index>(1, static_cast<Index>(std::llround(share * static_cast<double>(most)))));
  }
  std::sort(questions.networks.begin(), questions.networks.end());
  if (!questions.networks.empty() && questions.networks.front() < 1)
    problems.emplace_back("--networks: averages are over at least 1 network");
  return questions;
}

Overrides dropout_cell(double rate, double input_rate) {
  return {{"dropout", written(rate)}, {"input-dropout", written(input_rate)}};
}

std::vector<Index> widened(const std::vector<Index>& hidden, double rate, double usual_rate) {
  std::vector<Index> wide;
  for (const Index units : hidden)
    wide.push_back(std::max<Index>(
        1, static_cast<Index>(std::llround(static_cast<double>(units) * (1 - usual_rate) / (1 - rate)))));
  return wide;
}

std::vector<NamedCell> fixed_size_cells(const DropoutQuestions& questions) {
  std::vector<NamedCell> cells;
  for (const double rate : questions.rates) cells.push_back({written(rate), dropout_cell(rate, 0)});
  return cells;
}

std::vector<NamedCell> fixed_share_cells(const DropoutQuestions& questions, const TrainConfig& config) {
  std::vector<NamedCell> cells;
  for (const double rate : questions.rates) {
    const std::vector<Index> wide = widened(config.hidden, rate, questions.rate);
    Overrides cell = dropout_cell(rate, 0);
    if (wide != config.hidden) cell.emplace_back("hidden", written(wide));
    cells.push_back({written(rate), cell});
  }
  return cells;
}

std::vector<NamedCell> input_cells(const DropoutQuestions& questions) {
  std::vector<NamedCell> cells;
  for (const double rate : questions.input_rates) cells.push_back({written(rate), dropout_cell(questions.rate, rate)});
  return cells;
}

std::vector<NamedCell> regularizer_cells(const DropoutQuestions& questions, const TrainConfig& config) {
  std::vector<NamedCell> chosen;
  for (const NamedCell& cell : every_regularizer(questions, config))
    if (std::find(questions.regularizers.begin(), questions.regularizers.end(), cell.name) !=
        questions.regularizers.end())
      chosen.push_back(cell);
  return chosen;
}

std::vector<NamedCell> size_cells(const DropoutQuestions& questions, bool dropout) {
  std::vector<NamedCell> cells;
  for (const Index size : questions.sizes)
    cells.push_back(
        {written(size), with(dropout ? dropout_cell(questions.rate, questions.input_rate) : dropout_cell(0, 0),
                             {{"train-samples", written(size)}, {"steps", written(questions.steps)}})});
  return cells;
}

std::vector<NamedCell> averaging_cells(const DropoutQuestions& questions, Task task) {
  if (task == Task::classification) return {{"dropout", dropout_cell(questions.rate, questions.input_rate)}};
  // Before every layer the same rate, as in the paper; which is chosen on validation data.
  std::vector<NamedCell> cells;
  for (const double rate : questions.rates)
    cells.push_back({rate > 0 ? written(rate) : "none", dropout_cell(rate, rate)});
  return cells;
}

std::vector<NamedCell> unit_cells(const DropoutQuestions& questions) {
  return {{"without dropout", dropout_cell(0, 0)},
          {"with dropout", dropout_cell(questions.rate, questions.input_rate)}};
}

}  // namespace lockstep
