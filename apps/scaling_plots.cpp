// SPDX-License-Identifier: MIT
// Curves of what was measured and foretold.
#include "apps/scaling_plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/table.hpp"

namespace lockstep {
namespace {

using Style = PlotSeries::Style;

PlotPoint point(double x, const Spread& y) {
  return {.x = x, .y = y.median, .error = y.median - y.least, .error_above = y.greatest - y.median};
}

/// One worker's figure, or that times workers, as far as workers go.
PlotSeries ideal(const std::string& title, const std::vector<ScalingCase>& cases, double of_one, bool grows) {
  PlotSeries line{.title = title, .points = {}, .style = Style::guide};
  for (int workers = 1; workers <= cases.back().workers(); ++workers)
    line.points.push_back({.x = static_cast<double>(workers), .y = grows ? of_one * workers : of_one});
  return line;
}

/// A curve for each batch and number of threads.
struct Curve {
  std::string title;
  int threads = 1;
  Index batch = 0;  ///< 0: as much for each worker
  [[nodiscard]] bool holds(const ScalingCase& one) const {
    if (batch == 0 ? one.scaling != "weak" : one.scaling != "strong" || one.point.what.batch_size != batch)
      return false;
    return one.point.shape.threads == threads;
  }
};

std::vector<Curve> curves(const std::vector<ScalingCase>& cases, const std::string& scaling) {
  std::vector<Curve> found;
  for (const ScalingCase& one : cases) {
    if (one.scaling != scaling) continue;
    Curve curve{.title = counted(one.point.shape.threads, "thread a rank", "threads a rank"),
                .threads = one.point.shape.threads,
                .batch = scaling == "weak" ? 0 : one.point.what.batch_size};
    if (curve.batch > 0)
      curve.title = fmt::format("batch {}, {}", with_thousands(static_cast<double>(curve.batch)), curve.title);
    if (std::ranges::none_of(found, [&](const Curve& other) { return other.title == curve.title; }))
      found.push_back(curve);
  }
  std::ranges::stable_sort(found, {}, &Curve::batch);
  return found;
}

template <class Figure>
void add_curves(Plot& plot, const ScalingMeasurement& measured, const std::string& scaling, Figure figure) {
  for (const Curve& curve : curves(measured.cases(), scaling)) {
    PlotSeries series{.title = curve.title, .points = {}};
    for (const ScalingCase& one : measured.cases())
      if (curve.holds(one)) series.points.push_back(point(one.workers(), figure(one)));
    plot.series.push_back(std::move(series));
  }
}

Plot workers_plot(const std::string& name, const std::string& title, const std::string& y_label) {
  return {.name = name,
          .title = title,
          .x_label = "workers (ranks x threads)",
          .y_label = y_label,
          .log_x = 2,
          .log_y = 10,
          .series = {}};
}

void add_measured(std::vector<Plot>& plots, const ScalingFindings& findings, const std::string& scaling) {
  const ScalingMeasurement& measured = findings.measured;
  const std::string title = fmt::format("{} scaling of {}", scaling == "weak" ? "Weak" : "Strong", findings.net);
  Plot efficiency = workers_plot(scaling + "-efficiency", title, "efficiency (%)");
  efficiency.series.push_back(ideal("ideal", measured.cases(), 100, false));
  add_curves(efficiency, measured, scaling, [&](const ScalingCase& one) {
    const Spread share = measured.efficiency(one);
    return Spread{100 * share.least, 100 * share.median, 100 * share.greatest};
  });
  Plot rate = workers_plot(scaling + "-rate", title, "samples/s");
  const auto first = std::ranges::find(measured.cases(), scaling, &ScalingCase::scaling);
  const auto reference = std::find_if(first, measured.cases().end(), [&](const ScalingCase& one) {
    return one.scaling == scaling && (scaling == "weak" || one.point.what.batch_size != first->point.what.batch_size);
  });
  rate.series.push_back(
      ideal("ideal", measured.cases(), reference->samples_per_second().median / reference->workers(), true));
  add_curves(rate, measured, scaling, [](const ScalingCase& one) { return one.samples_per_second(); });
  plots.push_back(std::move(efficiency));
  plots.push_back(std::move(rate));
}

void add_foretold(std::vector<Plot>& plots, const ScalingFindings& findings) {
  const ScalingForecast& forecast = *findings.forecast;
  const bool shared_hosts = forecast.request().ranks_per_host > 1;
  const std::string title = fmt::format("Foretold: {} at batch {}, {}", findings.net,
                                        with_thousands(static_cast<double>(forecast.request().batch)),
                                        counted(forecast.request().threads, "thread a rank", "threads a rank"));
  Plot time{.name = "forecast-time",
            .title = title,
            .x_label = "ranks",
            .y_label = "milliseconds of a step",
            .log_x = 2,
            .log_y = 10,
            .series = {}};
  Plot rate = time;
  rate.name = "forecast-rate";
  rate.y_label = "samples/s";
  const auto add = [&](Plot& plot, const std::string& name, Style style, auto&& figure) {
    PlotSeries series{.title = name, .points = {}, .style = style};
    for (const ForecastRow& row : forecast.rows())
      series.points.push_back({.x = static_cast<double>(row.ranks), .y = figure(row)});
    plot.series.push_back(std::move(series));
  };
  const auto batch = static_cast<double>(forecast.request().batch);
  const ForecastRow& first = forecast.rows().front();
  const double of_worker = first.samples_per_second / first.efficiency / first.ranks;
  add(time, "computation", Style::guide, [](const ForecastRow& row) { return 1e3 * row.direct.computation; });
  add(rate, "one worker's times workers", Style::guide, [&](const ForecastRow& row) { return of_worker * row.ranks; });
  const auto add_route = [&](const std::string& name, StepForecast ForecastRow::*route) {
    add(time, "messages, " + name, Style::curve,
        [=](const ForecastRow& row) { return 1e3 * (row.*route).communication; });
    add(time, "step, " + name, Style::curve, [=](const ForecastRow& row) { return 1e3 * (row.*route).seconds; });
    add(rate, name, Style::curve, [=](const ForecastRow& row) { return batch / (row.*route).seconds; });
  };
  add_route("direct", &ForecastRow::direct);
  if (shared_hosts) add_route("within hosts first", &ForecastRow::by_hosts);
  plots.push_back(std::move(time));
  plots.push_back(std::move(rate));
}

}  // namespace

std::vector<Plot> scaling_plots(const ScalingFindings& findings) {
  std::vector<Plot> plots;
  add_measured(plots, findings, "strong");
  add_measured(plots, findings, "weak");
  if (findings.forecast) add_foretold(plots, findings);
  return plots;
}

}  // namespace lockstep
