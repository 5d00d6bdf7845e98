// SPDX-License-Identifier: MIT
// People read what programs read: the text is made from the JSON.
#include "apps/run_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/metrics_report.hpp"
#include "apps/table.hpp"
#include "apps/versions.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

/// The training figures of the last epoch, as metrics.jsonl has them.
void add_last_epoch(Json& summary, const TrainingState& state) {
  if (state.history.empty()) return;
  const Json record = Json::parse(state.history.back());
  for (const auto& item : record.items())
    if (item.key().starts_with("train_")) summary[item.key()] = item.value();
}

std::string number(const Json& summary, const std::string& key) {
  const auto found = summary.find(key);
  return found != summary.end() && found->is_number() ? short_number(found->get<double>()) : "-";
}

using Rows = std::vector<std::vector<std::string>>;

/// Without the columns in which no row below the heading has a figure.
Rows without_empty_columns(Rows rows) {
  for (std::size_t column = rows.front().size(); column-- > 1;) {
    if (std::any_of(rows.begin() + 1, rows.end(), [&](const auto& row) { return row[column] != "-"; })) continue;
    for (std::vector<std::string>& row : rows) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
  }
  return rows;
}

std::string figures_table(const Json& summary) {
  const bool classes = summary.value("task", "") == name_of(Task::classification);
  Rows rows;
  if (classes)
    rows.push_back({"", "loss", "accuracy"});
  else
    rows.push_back({"", "loss", "RMSE", "MAE", "R2"});
  for (const std::string part : {"train", "validation", "test"}) {
    if (!summary.contains(part + "_loss")) continue;
    const auto figure = [&](const char* name) { return number(summary, fmt::format("{}_{}", part, name)); };
    const std::string title = part == "train" ? "training (mean over the last epoch)" : part;
    if (classes)
      rows.push_back({title, figure("loss"), figure("accuracy")});
    else
      rows.push_back({title, figure("loss"), figure("rmse"), figure("mae"), figure("r2")});
  }
  Table table;
  for (std::vector<std::string>& row : without_empty_columns(std::move(rows))) table.add(std::move(row));
  if (!summary.value("standardized_targets", false)) return table.text();
  return fmt::format("{}\n({})", table.text(), units_of_standardized);
}

/// Stopped for want of patience, not at the last epoch or step.
bool stopped_early(const TrainConfig& config, const TrainingState& state) {
  const bool complete =
      config.steps > 0 ? state.step == static_cast<std::uint64_t>(config.steps) : state.epoch == config.epochs;
  return config.patience > 0 && state.best && !complete && state.epoch - state.best->epoch >= config.patience;
}

/// Which epoch's weights these are, and why training ended; "" when it is simply the last.
std::string ending(const Json& summary) {
  if (!summary.contains("best_epoch")) return {};
  const Index last = summary.value("epochs", Index{0});
  const Index best = summary.value("best_epoch", Index{0});
  if (!summary.value("best_weights_restored", false)) {
    if (best == last) return fmt::format("of the last epoch, {}, also the best by validation loss", last);
    return fmt::format("of the last epoch, {}; the best by validation loss, {}, is kept in checkpoints/best.h5", last,
                       best);
  }
  if (summary.value("stopped_early", false))
    return fmt::format("of epoch {}, the best by validation loss; stopped early after epoch {}", best, last);
  return fmt::format("of epoch {}, the best by validation loss of all {} epochs", best, last);
}

/// How long and how fast: of this process, which may have begun where another left off.
std::string time_of(const Json& summary) {
  const std::string since =
      summary.contains("continued_after_step")
          ? fmt::format(" since the last start (after step {})", summary.value("continued_after_step", Index{0}))
          : "";
  const Json waiting = summary.value("waiting", Json::object());
  const auto percent = [&](const char* what) { return 100 * waiting.value(what, 0.0); };
  return fmt::format(
      "{:.1f} s{}, {} samples/s on {} of {}; input {:.1f} %, communication {:.1f} %, checkpoints {:.1f} %",
      summary.value("wall_seconds", 0.0), since, with_thousands(summary.value("samples_per_second", 0.0)),
      counted(summary.value("ranks", Index{1}), "rank", "ranks"),
      counted(summary.value("threads", Index{1}), "thread", "threads"), percent("input"), percent("communication"),
      percent("checkpoints"));
}

/// Commands to go on with; one of them for the best epoch's weights where these are others.
std::vector<std::pair<std::string, std::string>> next_commands(const Json& summary, const RunRequest& request) {
  const std::string data = request.test.empty() ? "DATA.h5" : request.test;
  std::vector<std::pair<std::string, std::string>> lines{
      {"next", fmt::format("lockstep evaluate {} {}", request.run, data)}};
  if (!summary.value("best_weights_restored", true) && summary.value("best_epoch", 0) != summary.value("epochs", 0))
    lines.emplace_back("", fmt::format("lockstep evaluate {}/checkpoints/best.h5 {}", request.run, data));
  lines.emplace_back("", fmt::format("lockstep predict {} {} predictions.h5", request.run, data));
  return lines;
}

}  // namespace

std::string network_shape(const NetworkSpec& spec) {
  std::vector<Index> sizes{spec.inputs};
  sizes.insert(sizes.end(), spec.hidden.begin(), spec.hidden.end());
  sizes.push_back(spec.outputs);
  return fmt::format("{}", fmt::join(sizes, "-"));
}

Json run_summary(const FinishedRun& run, const MpiEnvironment& mpi) {
  const TrainResult& result = run.result;
  const Model& model = result.model;
  Json summary;
  summary["status"] = "finished";
  summary["weights_hash"] = result.hash;
  summary["task"] = name_of(model.task);
  summary["network"] = network_shape(model.network.spec());
  summary["parameters"] = model.network.layout().parameters();
  summary["train_data"] = run.request.train_data;
  if (!run.request.test_data.empty()) summary["test_data"] = run.request.test_data;
  summary["steps"] = result.state.step;
  summary["epochs"] = result.state.epoch;
  if (result.state.best) {
    summary["best_epoch"] = result.state.best->epoch;
    summary["best_weights_restored"] = run.request.config.patience > 0;
    summary["stopped_early"] = stopped_early(run.request.config, result.state);
  }
  add_last_epoch(summary, result.state);
  if (result.validation) add_metrics(summary, "validation_", model.task, *result.validation, model.target_names);
  if (result.target) {
    const TrainConfig& config = run.request.config;
    const bool loss = config.target_loss > 0;
    summary[loss ? "target_loss" : "target_error"] = loss ? config.target_loss : config.target_error;
    summary["loss_on_target_samples"] = result.target->loss;
    summary["error_on_target_samples"] = target_error_of(*result.target, model.task);
    summary["target_reached"] = reaches_target(config, *result.target, model.task);
  }
  if (run.test) add_metrics(summary, "test_", model.task, *run.test, model.target_names);
  if (model.task == Task::classification)
    summary["class_names"] = model.class_names;
  else
    summary["standardized_targets"] = !model.target_transform.factor.empty();
  if (run.continued_after_step) summary["continued_after_step"] = *run.continued_after_step;
  summary["samples_per_second"] = result.samples_per_second;
  summary["training_seconds"] = result.seconds;
  summary["waiting"] = {{"input", result.waiting.input},
                        {"communication", result.waiting.communication},
                        {"checkpoints", result.waiting.checkpoints}};
  summary["wall_seconds"] = run.wall_seconds;
  summary["ranks"] = result.ranks;
  summary["threads"] = result.threads;
  for (const auto& version : versions(mpi)) summary["versions"][version.first] = version.second;
  return summary;
}

std::string summary_text(const Json& summary, const RunRequest& request, bool has_weights) {
  std::vector<std::pair<std::string, std::string>> lines{
      {"network", fmt::format("{}, {} parameters", summary.value("network", ""),
                              with_thousands(summary.value("parameters", 0.0)))}};
  if (const std::string weights = ending(summary); !weights.empty()) lines.emplace_back("weights", weights);
  lines.insert(lines.end(), {{"weights hash", summary.value("weights_hash", "")},
                             {"time", time_of(summary)},
                             {"lies in", request.run + " (config.toml, metrics.jsonl, summary.json, checkpoints/)"}});
  if (has_weights)
    for (auto& line : next_commands(summary, request)) lines.push_back(std::move(line));
  return fmt::format("\n{}\n\n{}\n", figures_table(summary), listing(lines));
}

}  // namespace lockstep
