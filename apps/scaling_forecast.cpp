// SPDX-License-Identifier: MIT
// Looking through numbers of ranks and batches.
#include "apps/scaling_forecast.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/table.hpp"

namespace lockstep {
namespace {

constexpr Index largest_batch = Index{1} << 40;

std::string from(const std::optional<int>& ranks) {
  return ranks ? fmt::format("from {} ranks on", with_thousands(*ranks))
               : fmt::format("on no number of ranks up to {}", with_thousands(ScalingForecast::most_ranks));
}

}  // namespace

ScalingForecast::ScalingForecast(const ScalingModel& model, ForecastRequest request)
    : model_{model}, request_{std::move(request)} {
  const ScalingPoint alone{{request_.sizes, request_.batch, 0}, {}};
  rate_of_worker_ = static_cast<double>(request_.batch) / model_.forecast(alone, Route::direct).seconds;
  for (int ranks = least_ranks; ranks <= most_ranks; ranks *= 2)
    rows_.push_back({.ranks = ranks,
                     .shard_size = shard_size_for(request_.batch, ranks),
                     .direct = at(ranks, request_.batch, Route::direct),
                     .by_hosts = at(ranks, request_.batch, Route::by_hosts),
                     .samples_per_second = samples_per_second(ranks, request_.batch),
                     .efficiency = efficiency(ranks, request_.batch),
                     .efficient_batch = efficient_batch(ranks)});
}

StepForecast ScalingForecast::at(int ranks, Index batch, Route route) const {
  return model_.forecast({{request_.sizes, batch, shard_size_for(batch, ranks)},
                          {.ranks = ranks, .threads = request_.threads, .ranks_per_host = request_.ranks_per_host}},
                         route);
}

double ScalingForecast::samples_per_second(int ranks, Index batch) const {
  return static_cast<double>(batch) /
         std::min(at(ranks, batch, Route::direct).seconds, at(ranks, batch, Route::by_hosts).seconds);
}

double ScalingForecast::efficiency(int ranks, Index batch) const {
  return samples_per_second(ranks, batch) / rate_of_worker_ / ranks / request_.threads;
}

Index ScalingForecast::efficient_batch(int ranks) const {
  Index batch = request_.batch;
  while (efficiency(ranks, batch) < enough && batch < largest_batch) batch *= 2;
  return batch;
}

std::optional<int> ScalingForecast::messages_dominate_from(Route route) const {
  for (int ranks = 2; ranks <= most_ranks; ranks *= 2)
    if (at(ranks, request_.batch, route).exposed() > 0.5) return ranks;
  return std::nullopt;
}

std::optional<int> ScalingForecast::by_hosts_faster_from() const {
  std::optional<int> from;
  for (int ranks = most_ranks; ranks > request_.ranks_per_host; ranks /= 2) {
    if (at(ranks, request_.batch, Route::by_hosts).seconds >= at(ranks, request_.batch, Route::direct).seconds) break;
    from = ranks;
  }
  return from;
}

std::string ScalingForecast::words() const {
  const bool shared_hosts = request_.ranks_per_host > 1;
  std::string text =
      fmt::format("At batch {} messages take more than half of a step {} if each rank sends to each other",
                  with_thousands(static_cast<double>(request_.batch)), from(messages_dominate_from(Route::direct)));
  if (shared_hosts)
    text += fmt::format(
        ", {} if the {} ranks of a\nhost add up theirs first. Adding up within hosts first is the faster way {}",
        from(messages_dominate_from(Route::by_hosts)), request_.ranks_per_host, from(by_hosts_faster_from()));
  text +=
      fmt::format(".\nStill efficient ({:.0f} % of one worker's rate times workers) would be batches of", 100 * enough);
  const auto add = [&](const ForecastRow& row, const char* before) {
    text += row.efficient_batch < largest_batch
                ? fmt::format("{} {} on {} ranks", before, with_thousands(static_cast<double>(row.efficient_batch)),
                              with_thousands(row.ranks))
                : fmt::format("{} no size on {} ranks", before, with_thousands(row.ranks));
  };
  add(rows_.front(), "");
  add(rows_[rows_.size() / 2], ",");
  add(rows_.back(), " and");
  return text + ".";
}

}  // namespace lockstep
