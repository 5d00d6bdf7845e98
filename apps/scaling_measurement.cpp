// SPDX-License-Identifier: MIT
// Rounds of cases, and what is drawn from them.
#include "apps/scaling_measurement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/table.hpp"
#include "parallel/exchange_benchmark.hpp"
#include "parallel/leading_ranks.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {
namespace {

constexpr Index least_floats = 64;  // of an exchange; what little more than its messages cost

Index parameters_of(const std::vector<Index>& sizes) {
  Index parameters = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) parameters += (sizes[i] + 1) * sizes[i + 1];
  return parameters;
}

std::string words(const ScalingShape& shape) {
  return fmt::format("{} of {}", counted(shape.ranks, "rank", "ranks"), counted(shape.threads, "thread", "threads"));
}

}  // namespace

Spread ScalingCase::seconds() const {
  return spread_of(rates, [this](const StepRate& rate) {
    return static_cast<double>(point.what.batch_size) / rate.samples_per_second;
  });
}

Spread ScalingCase::samples_per_second() const {
  return spread_of(rates, [](const StepRate& rate) { return rate.samples_per_second; });
}

double ScalingCase::exposed() const {
  return spread_of(rates, [](const StepRate& rate) { return rate.exposed; }).median;
}

ScalingMeasurement::ScalingMeasurement(const std::vector<Index>& sizes, Index batch,
                                       const std::vector<ScalingShape>& shapes) {
  int most_ranks = 1;
  for (const ScalingShape& shape : shapes) most_ranks = std::max(most_ranks, shape.ranks);
  for (const ScalingShape& shape : shapes) {
    const Index weak = std::max<Index>(1, batch / 4) * shape.ranks * shape.threads;
    const auto add = [&](const char* scaling, Index size) {
      cases_.push_back({.scaling = scaling,
                        .point = {{sizes, size, shard_size_for(size, most_ranks)}, shape},
                        .fitted = size != weak,
                        .rates = {}});
    };
    for (const Index size : {std::max<Index>(1, batch / 16), batch, 4 * batch}) add("strong", size);
    add("weak", weak);
  }
  const Index leaves = shard_count(batch, shard_size_for(batch, most_ranks));
  const Index parameters = std::max(least_floats, parameters_of(sizes));
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const bool most_threads = i + 1 == shapes.size() || shapes[i + 1].ranks != shapes[i].ranks;
    if (shapes[i].ranks == 1 || !most_threads) continue;
    for (const Index floats : {least_floats, std::max(least_floats, parameters / 8), parameters})
      exchanges_.push_back({.floats = floats, .leaves = leaves, .shape = shapes[i], .seconds = {}});
  }
}

void ScalingMeasurement::measure_round(double seconds, Communicator& world,
                                       const std::function<void(const std::string&)>& tell) {
  const auto on_ranks = [&](const ScalingShape& shape, auto&& measure) {
    if (world.rank() < shape.ranks) {
      LeadingRanks some{world, shape.ranks};
      Workers workers{shape.threads};
      measure(some, workers);
    }
    (void)gather_each(0, world);
  };
  for (ScalingCase& one : cases_) {
    tell(fmt::format("{}, batch {}", words(one.point.shape), one.point.what.batch_size));
    one.rates.emplace_back();
    on_ranks(one.point.shape, [&](Communicator& some, Workers& workers) {
      one.rates.back() = measure_steps(one.point.what, 1, seconds, some, workers).front();
    });
  }
  for (ExchangeAlone& one : exchanges_) {
    tell(fmt::format("{}, exchange of {} floats", words(one.shape), one.floats));
    one.seconds.emplace_back();
    on_ranks(one.shape, [&](Communicator& some, Workers& workers) {
      one.seconds.back() = ordered_exchange_seconds({one.floats, one.leaves}, seconds, some, workers);
    });
  }
}

Spread ScalingMeasurement::efficiency(const ScalingCase& one) const {
  const auto alone = std::ranges::find_if(cases_, [&](const ScalingCase& other) {
    return other.workers() == 1 && other.scaling == one.scaling &&
           (one.scaling == "weak" || other.point.what.batch_size == one.point.what.batch_size);
  });
  std::vector<double> ratios;
  for (std::size_t i = 0; i < one.rates.size(); ++i)
    ratios.push_back(one.rates[i].samples_per_second / alone->rates[i].samples_per_second / one.workers());
  return spread_of(ratios, [](double ratio) { return ratio; });
}

ScalingModel ScalingMeasurement::model() const {
  std::vector<ScalingModel::MeasuredStep> steps;
  for (const ScalingCase& one : cases_)
    if (one.fitted) steps.push_back({one.point, one.seconds().least});
  std::vector<ScalingModel::MeasuredExchange> exchanges;
  for (const ExchangeAlone& one : exchanges_)
    exchanges.push_back(
        {.floats = one.floats, .leaves = one.leaves, .shape = one.shape, .seconds = std::ranges::min(one.seconds)});
  return ScalingModel::fitted(steps, exchanges);
}

double ScalingMeasurement::error(const ScalingModel& model, const ScalingCase& one) const {
  return model.forecast(one.point, Route::direct).seconds / one.seconds().least - 1;
}

double ScalingMeasurement::greatest_error(const ScalingModel& model) const {
  double greatest = 0;
  for (const ScalingCase& one : cases_)
    if (!one.fitted) greatest = std::max(greatest, std::abs(error(model, one)));
  return greatest;
}

}  // namespace lockstep
