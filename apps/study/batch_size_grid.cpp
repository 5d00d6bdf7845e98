// SPDX-License-Identifier: MIT
// Cells follow from what is known: pilot, target, search, best rate, the rest.
#include "apps/study/batch_size_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "core/setting_text.hpp"
#include "core/settings.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {
namespace {

using setting_text::written;

/// To three digits: a target that one can say.
double rounded(double value) { return std::strtod(fmt::format("{:.3g}", value).c_str(), nullptr); }

}  // namespace

bool BatchQuestions::asks(std::string_view question) const {
  return std::find(asked.begin(), asked.end(), question) != asked.end();
}

BatchQuestions batch_questions_in(const StudyOptions& options, const StudySetting& setting,
                                  std::vector<std::string>& problems) {
  BatchQuestions questions{.asked = options.words("questions", batch_questions, problems),
                           .batches = options.counts("batches", problems),
                           .search = static_cast<int>(options.count("search", problems)),
                           .factor = options.number("factor", problems),
                           .target = options.number("target", problems),
                           .of_error = options.text("target-kind") == "error",
                           .least_steps = options.count("least-steps", problems)};
  std::vector<Index>& batches = questions.batches;
  std::sort(batches.begin(), batches.end());
  batches.erase(std::unique(batches.begin(), batches.end()), batches.end());
  if (!batches.empty() && batches.front() < 1) problems.emplace_back("--batches: a batch has at least 1 sample");
  const auto too_large =
      std::remove_if(batches.begin(), batches.end(), [&](Index batch) { return batch > setting.training_samples; });
  if (too_large == batches.begin() && !batches.empty())
    problems.push_back(
        fmt::format("--batches: all of them are larger than the {} training samples", setting.training_samples));
  batches.erase(too_large, batches.end());
  if (questions.search < 3 || questions.search > 100)
    problems.push_back(fmt::format("--search is {}; it must be from 3 to 100 runs for each batch", questions.search));
  if (!(questions.factor > 1 && questions.factor <= 100))
    problems.push_back(fmt::format("--factor is {}; it must be above 1 and at most 100", questions.factor));
  if (!(questions.target >= 0)) problems.emplace_back("--target is a loss or an error above 0, or 0");
  if (!questions.of_error && options.text("target-kind") != "loss")
    problems.push_back(fmt::format("--target-kind knows loss and error, not '{}'", options.text("target-kind")));
  if (questions.least_steps < 1) problems.emplace_back("--least-steps must be at least 1");
  if (setting.config.validation <= 0)
    problems.emplace_back("the target is a loss on samples held out: give --validation, 0.1 say");
  if (setting.config.target_loss > 0)
    problems.emplace_back("the loss to come to is --target here; leave --target-loss out");
  if (setting.config.target_error > 0)
    problems.emplace_back("the error to come to is --target here, with --target-kind error; leave --target-error out");
  if (setting.config.noise_scale > 0)
    problems.emplace_back("the question noise measures the noise scale here; leave --noise-scale out");
  for (const Index batch : batches)
    if (questions.usual_batch == 0 ||
        std::abs(std::log(static_cast<double>(batch) / static_cast<double>(setting.config.batch_size))) <
            std::abs(
                std::log(static_cast<double>(questions.usual_batch) / static_cast<double>(setting.config.batch_size))))
      questions.usual_batch = batch;
  return questions;
}

double steps_to_target(const StudyResults& results, const Overrides& cell, std::uint64_t seed) {
  const PointRecord* record = results.find(cell_name(cell), seed);
  if (record == nullptr || record->diverged) return std::numeric_limits<double>::quiet_NaN();
  const auto& figures = record->content.at("figures");
  return figures.value("target_reached", false) ? figures.value("steps", 0.0)
                                                : std::numeric_limits<double>::quiet_NaN();
}

BatchSizeGrid::BatchSizeGrid(const BatchQuestions& questions, const StudySetting& setting, const StudyResults& results)
    : questions_{questions}, setting_{setting}, results_{results} {
  double value = questions.target;
  if (value == 0) {
    const char* const figure = !questions.of_error                         ? "validation_loss"
                               : setting.data.task == Task::classification ? "validation_error"
                                                                           : "validation_rmse";
    value = rounded(results.figure(cell_name(pilot()), setting.seeds.front(), figure));
  }
  if (std::isfinite(value) && value > 0) target_ = {.value = value, .error = questions.of_error};
}

Overrides BatchSizeGrid::pilot() const {
  // Half of the epochs: a target that others may come to with their whole budget.
  return {{"epochs", written(std::max<Index>(1, setting_.config.epochs / 2))}};
}

Overrides BatchSizeGrid::noise_cell() const { return {{"noise-scale", "1"}}; }

std::optional<BatchTarget> BatchSizeGrid::training_target() const {
  return target_ ? std::optional{BatchTarget{.value = rounded(target_->value / 2), .error = target_->error}}
                 : std::nullopt;
}

Index BatchSizeGrid::most_steps(Index batch) const {
  return std::max(setting_.config.epochs * shard_count(setting_.training_samples, batch), questions_.least_steps);
}

double BatchSizeGrid::rate(Index batch, int k) const {
  // Begins where square-root scaling would, on the same lattice for all batches.
  const double ratio = static_cast<double>(batch) / static_cast<double>(setting_.config.batch_size);
  const double start = std::round(std::log(std::sqrt(ratio)) / std::log(questions_.factor));
  return rounded(learning_rate_of(setting_.config) * std::pow(questions_.factor, start + k));
}

Overrides BatchSizeGrid::cell(Index batch, double rate, BatchTarget target) const {
  return {{"batch-size", written(batch)},
          {"learning-rate", written(rate)},
          {"steps", written(most_steps(batch))},
          {target.error ? "target-error" : "target-loss", written(target.value)}};
}

Overrides BatchSizeGrid::search_cell(Index batch, int k) const { return cell(batch, rate(batch, k), *target_); }

RateSearch BatchSizeGrid::search(Index batch) const {
  RateSearch search{questions_.search};
  constexpr int far = 64;
  for (int k = -far; k <= far; ++k) {
    const Overrides cell = search_cell(batch, k);
    if (results_.find(cell_name(cell), setting_.seeds.front()) == nullptr) continue;
    const double steps = steps_to_target(results_, cell, setting_.seeds.front());
    search.add(k, std::isfinite(steps) ? steps : std::numeric_limits<double>::infinity());
  }
  return search;
}

std::optional<double> BatchSizeGrid::tuned(Index batch) const {
  if (!target_) return std::nullopt;
  const std::optional<int> best = search(batch).best();
  return best ? std::optional{rate(batch, *best)} : std::nullopt;
}

Overrides BatchSizeGrid::tuned_cell(Index batch) const { return cell(batch, tuned(batch).value_or(0), *target_); }

double BatchSizeGrid::rule_rate(Index batch, double power) const {
  const double ratio = static_cast<double>(batch) / static_cast<double>(questions_.usual_batch);
  return rounded(tuned(questions_.usual_batch).value_or(0) * std::pow(ratio, power));
}

Overrides BatchSizeGrid::rule_cell(Index batch, double power) const {
  Overrides rule = cell(batch, rule_rate(batch, power), *target_);
  if (batch <= questions_.usual_batch) return rule;  // whose rate is no higher than the tuned one
  // An epoch of warm-up, or a tenth of the steps where that is less.
  const Index warmup = std::min(shard_count(setting_.training_samples, batch), most_steps(batch) / 10);
  rule.emplace_back("warmup", written(std::max<Index>(1, warmup)));
  return rule;
}

Overrides BatchSizeGrid::training_cell(Index batch) const {
  Overrides training = cell(batch, tuned(batch).value_or(0), *training_target());
  training[2].second = written(2 * most_steps(batch));
  training.emplace_back("target-of", "training");
  return training;
}

std::vector<WantedPoint> BatchSizeGrid::wanted() const {
  std::vector<WantedPoint> points;
  const std::uint64_t first = setting_.seeds.front();
  if (questions_.target == 0 || questions_.asks("gradient")) points.push_back({pilot(), first});
  if (questions_.asks("noise"))
    for (const std::uint64_t seed : setting_.seeds) points.push_back({noise_cell(), seed});
  const bool runs = questions_.asks("target") || questions_.asks("rules") || questions_.asks("generalization");
  if (!target_ || !runs) return points;
  bool searching = false;
  for (const Index batch : questions_.batches) {
    const RateSearch known = search(batch);
    for (const auto& [k, cost] : known.costs()) points.push_back({search_cell(batch, k), first});
    for (const int k : known.next()) {
      points.push_back({search_cell(batch, k), first});
      searching = true;
    }
  }
  if (searching) return points;
  for (const std::uint64_t seed : setting_.seeds) {
    for (const Index batch : questions_.batches) {
      if (!tuned(batch)) continue;
      points.push_back({tuned_cell(batch), seed});
      if (questions_.asks("generalization")) points.push_back({training_cell(batch), seed});
    }
    if (!questions_.asks("rules") || !tuned(questions_.usual_batch)) continue;
    for (const Index batch : questions_.batches)
      for (const double power : {1.0, 0.5}) points.push_back({rule_cell(batch, power), seed});
  }
  return points;
}

}  // namespace lockstep
