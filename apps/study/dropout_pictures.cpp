// SPDX-License-Identifier: MIT
// Histograms of activations, and weights as grey values.
#include "apps/study/dropout_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "parallel/hidden_statistics.hpp"

namespace lockstep {
namespace {

constexpr Index looked_at = 1000;  ///< samples
constexpr std::size_t bins = 40;

struct Bins {
  double from = 0;
  double to = 1;

  [[nodiscard]] double width() const { return (to - from) / static_cast<double>(bins); }
};

/// Shares of the values in each bin, at the bins' middles.
template <class Number>
PlotSeries histogram(const std::string& title, const std::vector<Number>& values, Bins range) {
  std::vector<double> counts(bins);
  for (const Number value : values) {
    const double place = (static_cast<double>(value) - range.from) / range.width();
    counts[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(bins - 1)))] += 1;
  }
  PlotSeries series{.title = title, .points = {}, .style = PlotSeries::Style::boxes};
  for (std::size_t bin = 0; bin < bins; ++bin)
    series.points.push_back({.x = range.from + (static_cast<double>(bin) + 0.5) * range.width(),
                             .y = counts[bin] / static_cast<double>(std::max<std::size_t>(1, values.size()))});
  return series;
}

template <class Number>
void widen(Bins& range, const std::vector<Number>& values) {
  for (const Number value : values) {
    range.from = std::min(range.from, static_cast<double>(value));
    range.to = std::max(range.to, static_cast<double>(value));
  }
}

/// The sides of an image of that shape; nothing when it is none.
std::optional<std::pair<Index, Index>> sides(const std::vector<Index>& shape, Index features) {
  if (shape.size() == 2 && shape[0] > 1 && shape[1] > 1) return std::pair{shape[0], shape[1]};
  const auto side = static_cast<Index>(std::llround(std::sqrt(static_cast<double>(features))));
  if (shape.size() <= 1 && side >= 8 && side * side == features) return std::pair{side, side};
  return std::nullopt;
}

}  // namespace

std::vector<Plot> activation_plots(const std::vector<NamedModel>& models, const Dataset& data) {
  Plot means{.name = "unit-means",
             .title = "Mean activation of the units of the first hidden layer",
             .x_label = "mean activation of a unit over the samples",
             .y_label = "share of units",
             .series = {}};
  Plot all{.name = "activations",
           .title = "Activations of the first hidden layer",
           .x_label = "activation of a unit for a sample",
           .y_label = "share of activations (logarithmic)",
           .log_y = 10,
           .series = {}};
  std::vector<HiddenStatistics> statistics;
  Bins of_means{.from = 0, .to = 0};
  Bins of_all{.from = 0, .to = 0};
  for (const NamedModel& model : models) {
    const HiddenStatistics& first = statistics.emplace_back(hidden_statistics(model.model, data, looked_at).front());
    widen(of_means, first.unit_means);
    widen(of_all, first.activations);
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    means.series.push_back(histogram(models[i].name, statistics[i].unit_means, of_means));
    all.series.push_back(histogram(models[i].name, statistics[i].activations, of_all));
  }
  return {means, all};
}

std::optional<ReportImage> weight_image(const NamedModel& named, const std::vector<Index>& feature_shape) {
  constexpr Index columns = 16;
  constexpr Index most_shown = 128;
  constexpr unsigned char border = 128;
  const Model& model = named.model;
  const auto shape = sides(feature_shape, model.network.spec().inputs);
  if (!shape) return std::nullopt;
  const auto [height, width] = *shape;
  const ParameterBlock& block = model.network.layout().blocks().front();
  const Index units = std::min(most_shown, model.network.spec().hidden.front());
  const Index rows = (units + columns - 1) / columns;
  std::string name = named.name;
  std::replace(name.begin(), name.end(), ' ', '-');
  ReportImage image{
      .name = "weights-" + name,
      .caption = fmt::format("Weights into the first {} units of the first hidden layer, {}", units, named.name),
      .width = static_cast<int>(std::min(columns, units) * (width + 1) + 1),
      .height = static_cast<int>(rows * (height + 1) + 1),
      .pixels = {}};
  image.pixels.assign(static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height), border);
  for (Index unit = 0; unit < units; ++unit) {
    const Scalar* weights = model.parameters.data() + block.offset + unit * model.network.spec().inputs;
    const auto [least, most] = std::minmax_element(weights, weights + height * width);
    const Scalar range = std::max(*most - *least, Scalar{1e-20F});
    const Index top = unit / columns * (height + 1) + 1;
    const Index left = unit % columns * (width + 1) + 1;
    for (Index y = 0; y < height; ++y)
      for (Index x = 0; x < width; ++x)
        image.pixels[static_cast<std::size_t>((top + y) * image.width + left + x)] =
            static_cast<unsigned char>(255 * (weights[y * width + x] - *least) / range);
  }
  return image;
}

}  // namespace lockstep
