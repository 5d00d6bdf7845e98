// SPDX-License-Identifier: MIT
// Tables, JSON and files.
#include "apps/scaling_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/csv_text.hpp"
#include "apps/json_text.hpp"
#include "apps/scaling_plots.hpp"
#include "apps/table.hpp"
#include "apps/text_file.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

/// null: the measurements show no such cost.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json ranks_or_null(const std::optional<int>& ranks) { return ranks ? Json(*ranks) : Json(nullptr); }

Json object(const ScalingFindings& findings, const ScalingCase& one) {
  const Spread seconds = one.seconds();
  const Spread efficiency = findings.measured.efficiency(one);
  return {{"scaling", one.scaling},
          {"ranks", one.point.shape.ranks},
          {"threads", one.point.shape.threads},
          {"batch", one.point.what.batch_size},
          {"shard", shard_size_of(one.point.what)},
          {"samples_per_second", one.samples_per_second().median},
          {"step_seconds", seconds.median},
          {"step_seconds_least", seconds.least},
          {"step_seconds_most", seconds.greatest},
          {"efficiency", efficiency.median},
          {"efficiency_least", efficiency.least},
          {"efficiency_most", efficiency.greatest},
          {"exposed_communication", one.exposed()},
          {"model_error", findings.measured.error(findings.model, one)},
          {"fitted", one.fitted}};
}

Json object(const ScalingForecast& forecast, const ForecastRow& row) {
  return {{"ranks", row.ranks},
          {"threads", forecast.request().threads},
          {"ranks_per_host", forecast.request().ranks_per_host},
          {"batch", forecast.request().batch},
          {"shard", row.shard_size},
          {"computation_seconds", row.direct.computation},
          {"direct_message_seconds", row.direct.communication},
          {"direct_step_seconds", row.direct.seconds},
          {"direct_exposed", row.direct.exposed()},
          {"by_hosts_message_seconds", row.by_hosts.communication},
          {"by_hosts_step_seconds", row.by_hosts.seconds},
          {"by_hosts_exposed", row.by_hosts.exposed()},
          {"samples_per_second", row.samples_per_second},
          {"efficiency", row.efficiency},
          {"efficient_batch", row.efficient_batch}};
}

Json object(const std::optional<LinkRates>& link) {
  if (!link) return nullptr;
  return {{"message_seconds", link->latency_seconds}, {"bytes_per_second", finite(link->bytes_per_second)}};
}

std::string rate_text(double rate, const char* unit) {
  return std::isfinite(rate) ? fmt::format("{:.2f} {}", rate / 1e9, unit) : fmt::format("no cost seen ({})", unit);
}

std::string link_text(const LinkRates& link) {
  return fmt::format("{:.1f} us a message, {}", 1e6 * link.latency_seconds, rate_text(link.bytes_per_second, "GB/s"));
}

std::string measured_table(const ScalingFindings& findings) {
  Table table;
  table.add({"scaling", "ranks", "threads", "batch", "shard", "samples/s", "step, us", "least to most", "efficiency",
             "exposed", "model"});
  for (const ScalingCase& one : findings.measured.cases()) {
    const Spread seconds = one.seconds();
    table.add({one.scaling, std::to_string(one.point.shape.ranks), std::to_string(one.point.shape.threads),
               std::to_string(one.point.what.batch_size), std::to_string(shard_size_of(one.point.what)),
               with_thousands(one.samples_per_second().median), fmt::format("{:.0f}", 1e6 * seconds.median),
               fmt::format("{:.0f} to {:.0f}", 1e6 * seconds.least, 1e6 * seconds.greatest),
               percent(findings.measured.efficiency(one).median), percent(one.exposed()),
               fmt::format("{:+.0f} %{}", 100 * findings.measured.error(findings.model, one), one.fitted ? " " : "*")});
  }
  return table.text();
}

std::string model_text(const ScalingFindings& findings) {
  const ScalingModel& model = findings.model;
  std::vector<std::pair<std::string, std::string>> rows{
      {"compute rate", rate_text(model.compute_flops(), "GFLOP/s a worker")},
      {"merge rate", rate_text(model.merge_additions(), "G sums/s a worker")}};
  if (const auto link = model.inside_host()) rows.emplace_back("within a host", link_text(*link));
  if (const auto link = model.between_hosts()) rows.emplace_back("between hosts", link_text(*link));
  rows.emplace_back("model", fmt::format("off by at most {} on the cases that it was not fitted to (*)",
                                         percent(findings.measured.greatest_error(model))));
  return listing(rows);
}

std::string forecast_text(const ScalingFindings& findings) {
  if (!findings.forecast) return findings.network;
  const ScalingForecast& forecast = *findings.forecast;
  const bool shared_hosts = forecast.request().ranks_per_host > 1;
  Table table;
  std::vector<std::string> head{"foretold", "shard", "samples/s", "efficiency", "exposed, direct"};
  if (shared_hosts) head.emplace_back("within hosts first");
  head.emplace_back("efficient batch");
  table.add(std::move(head));
  for (const ForecastRow& row : forecast.rows()) {
    std::vector<std::string> cells{counted(row.ranks, "rank", "ranks"), std::to_string(row.shard_size),
                                   with_thousands(row.samples_per_second), percent(row.efficiency),
                                   percent(row.direct.exposed())};
    if (shared_hosts) cells.push_back(percent(row.by_hosts.exposed()));
    cells.push_back(with_thousands(static_cast<double>(row.efficient_batch)));
    table.add(std::move(cells));
  }
  return fmt::format("{}\n\n{}\n\n{}", findings.network, table.text(), forecast.words());
}

}  // namespace

std::string scaling_text(const ScalingFindings& findings) {
  return fmt::format("{}\n\n{}\n\n{}", measured_table(findings), model_text(findings), forecast_text(findings));
}

Json scaling_json(const ScalingFindings& findings) {
  Json cases = Json::array();
  for (const ScalingCase& one : findings.measured.cases()) cases.push_back(object(findings, one));
  Json foretold = Json::array();
  Json dominate = nullptr;
  Json faster = nullptr;
  if (findings.forecast) {
    for (const ForecastRow& row : findings.forecast->rows()) foretold.push_back(object(*findings.forecast, row));
    dominate = {{"direct", ranks_or_null(findings.forecast->messages_dominate_from(Route::direct))},
                {"by_hosts", ranks_or_null(findings.forecast->messages_dominate_from(Route::by_hosts))}};
    faster = ranks_or_null(findings.forecast->by_hosts_faster_from());
  }
  return {{"net", findings.net},
          {"cases", cases},
          {"model",
           {{"flops_of_worker", finite(findings.model.compute_flops())},
            {"additions_of_worker", finite(findings.model.merge_additions())},
            {"within_host", object(findings.model.inside_host())},
            {"between_hosts", object(findings.model.between_hosts())},
            {"greatest_error_on_held_out", findings.measured.greatest_error(findings.model)}}},
          {"network", findings.network},
          {"foretold", foretold},
          {"messages_dominate_from_ranks", dominate},
          {"by_hosts_faster_from_ranks", faster}};
}

std::string model_caution(double greatest_error) {
  constexpr double trusted = 0.15;
  if (greatest_error <= trusted) return {};
  return fmt::format(
      "the model is off by {} on a case that it was not fitted to; do not trust its rates or forecasts, but end other "
      "programs, measure longer (--seconds), or, where steps take microseconds, take a larger --net or --batch",
      percent(greatest_error));
}

std::string write_scaling(const ScalingFindings& findings, const std::string& folder) {
  const Json all = scaling_json(findings);
  write_text_file(folder + "/scaling.json", json_text(all) + "\n");
  write_text_file(folder + "/scaling.csv", csv_text(all.at("cases")));
  if (findings.forecast) write_text_file(folder + "/forecast.csv", csv_text(all.at("foretold")));
  const std::string plots = folder + "/plots";
  bool all_drawn = true;
  for (const Plot& plot : scaling_plots(findings)) all_drawn = !draw(plot, plots).empty() && all_drawn;
  if (all_drawn) return {};
  return has_gnuplot() ? fmt::format("gnuplot could not draw all plots; see {}/gnuplot.log", plots)
                       : fmt::format("{}; install it, then: cd {} && gnuplot *.gp", no_gnuplot, plots);
}

}  // namespace lockstep
