// SPDX-License-Identifier: MIT
// Passes with the masks of training, and running means over them.
#include "parallel/monte_carlo.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/metrics.hpp"
#include "parallel/evaluation_plan.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/prediction_windows.hpp"

namespace lockstep {
namespace {

constexpr std::uint64_t beyond_training = std::uint64_t{1} << 63U;

Pass pass_of(const McNetworks& networks, Index network, Index first_position) {
  return {.training = true,
          .seed = networks.seed,
          .step = beyond_training + static_cast<std::uint64_t>(network),
          .first_position = first_position};
}

/// Mean and sum of squared distances from it, value by value (Welford 1962), in double.
class Moments {
 public:
  explicit Moments(std::size_t values) : means_(values), squares_(values) {}

  void add(ConstPanel outputs) {
    ++count_;
    std::size_t i = 0;
    for (Index column = 0; column < outputs.columns; ++column)
      for (Index row = 0; row < outputs.rows; ++row, ++i) {
        const double value = outputs.column(column)[row];
        const double distance = value - means_[i];
        means_[i] += distance / count_;
        squares_[i] += distance * (value - means_[i]);
      }
  }
  [[nodiscard]] const double* mean_of(Index column, Index rows) const { return &means_[place(column, rows)]; }
  [[nodiscard]] double deviation(std::size_t i) const { return count_ > 1 ? std::sqrt(squares_[i] / (count_ - 1)) : 0; }

 private:
  static std::size_t place(Index column, Index rows) { return static_cast<std::size_t>(column * rows); }

  double count_ = 0;
  std::vector<double> means_;
  std::vector<double> squares_;
};

/// log of a sum of exponentials that come one by one.
class LogSum {
 public:
  void add(double exponent) {
    if (exponent > most_) {
      sum_ = sum_ * std::exp(most_ - exponent) + 1;
      most_ = exponent;
    } else {
      sum_ += std::exp(exponent - most_);
    }
  }
  [[nodiscard]] double value() const { return most_ + std::log(sum_); }

 private:
  double most_ = -std::numeric_limits<double>::infinity();
  double sum_ = 0;
};

Index values_per_count(const Model& model, const std::vector<double>& precisions) {
  return 1 + (model.task == Task::classification ? 1 : static_cast<Index>(precisions.size()));
}

/// One shard: what its networks have come to so far, and its part of the figures.
class ShardFigures {
 public:
  ShardFigures(const Model& model, const std::vector<double>& precisions, Index samples)
      : model_{model},
        precisions_{precisions},
        outputs_{model.network.spec().outputs},
        moments_(static_cast<std::size_t>(samples * outputs_)),
        densities_(model.task == Task::classification ? 0 : precisions.size() * static_cast<std::size_t>(samples)) {}

  void add(const ShardBuffers& shard) {
    const ConstPanel outputs = shard.outputs.back();
    moments_.add(outputs);
    if (densities_.empty()) return;
    for (Index sample = 0; sample < outputs.columns; ++sample) {
      double squares = 0;
      for (Index row = 0; row < outputs_; ++row) {
        const double distance = static_cast<double>(shard.values.column(sample)[row]) - outputs.column(sample)[row];
        squares += distance * distance;
      }
      for (std::size_t i = 0; i < precisions_.size(); ++i)
        densities_[static_cast<std::size_t>(sample) * precisions_.size() + i].add(-precisions_[i] / 2 * squares);
    }
  }

  /// After `networks` of them.
  void write(const ShardBuffers& shard, Index networks, std::span<double> sums) const {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (Index sample = 0; sample < shard.input.columns; ++sample) {
      const double* mean = moments_.mean_of(sample, outputs_);
      if (model_.task == Task::classification)
        add_class(mean, shard.labels[static_cast<std::size_t>(sample)], sums);
      else
        add_values(mean, shard.values.column(sample), sample, networks, sums);
    }
  }

 private:
  void add_class(const double* mean, Label label, std::span<double> sums) const {
    double probability = 0;
    Label named = 0;
    if (outputs_ == 1) {
      named = mean[0] > 0.5 ? 1 : 0;
      probability = label == 1 ? mean[0] : 1 - mean[0];
    } else {
      named = static_cast<Label>(std::max_element(mean, mean + outputs_) - mean);
      probability = mean[label];
    }
    sums[0] += named == label ? 0 : 1;
    sums[1] += std::log(std::max(probability, static_cast<double>(std::numeric_limits<float>::min())));
  }

  void add_values(const double* mean, const Scalar* target, Index sample, Index networks,
                  std::span<double> sums) const {
    double scale = 0;  // log of the outputs' units in own ones
    for (Index row = 0; row < outputs_; ++row) {
      const std::vector<Scalar>& factors = model_.target_transform.factor;
      const double factor = factors.empty() ? 1.0 : static_cast<double>(factors[static_cast<std::size_t>(row)]);
      const double distance = (static_cast<double>(target[row]) - mean[row]) / factor;
      sums[0] += distance * distance;
      scale += std::log(factor);
    }
    const auto dimensions = static_cast<double>(outputs_);
    for (std::size_t i = 0; i < precisions_.size(); ++i)
      sums[1 + i] += densities_[static_cast<std::size_t>(sample) * precisions_.size() + i].value() -
                     std::log(static_cast<double>(networks)) +
                     dimensions / 2 * std::log(precisions_[i] / (2 * std::numbers::pi)) + scale;
  }

  const Model& model_;
  const std::vector<double>& precisions_;
  Index outputs_;
  Moments moments_;
  std::vector<LogSum> densities_;  ///< by sample and precision
};

std::vector<McFigures> figures_from(const std::vector<double>& sums, const Model& model, Index samples,
                                    const std::vector<Index>& counts, Index width) {
  std::vector<McFigures> figures;
  const auto all = static_cast<double>(samples);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double* values = &sums[i * static_cast<std::size_t>(width)];
    McFigures& each = figures.emplace_back();
    each.networks = counts[i];
    each.error = model.task == Task::classification
                     ? values[0] / all
                     : std::sqrt(values[0] / all / static_cast<double>(model.network.spec().outputs));
    for (Index k = 1; k < width; ++k) each.log_likelihood.push_back(values[k] / all);
  }
  return figures;
}

/// One shard's mean and deviation, in own units, into its columns of the windows.
void sample_shard(const Model& model, const ShardPass& pass, const Dataset& data, const McNetworks& networks,
                  Range rows, ShardBuffers& shard, Panel mean, Panel deviation, Index first_column) {
  std::vector<Index> indices;
  for (Index row = rows.begin; row < rows.end; ++row) indices.push_back(row);
  const Index outputs = model.network.spec().outputs;
  Moments moments(static_cast<std::size_t>(rows.size() * outputs));
  for (Index network = 0; network < networks.count; ++network) {
    const Pass drawn = pass_of(networks, network, rows.begin);
    data.gather_features(indices, model.input_transform, shard.input);
    model.network.prepare_input(drawn, shard.input);
    pass.forward_alone(drawn, shard);
    undo(model.target_transform, shard.outputs.back());
    moments.add(shard.outputs.back());
  }
  for (Index column = 0; column < rows.size(); ++column)
    for (Index row = 0; row < outputs; ++row) {
      mean.column(first_column + column)[row] = static_cast<Scalar>(moments.mean_of(column, outputs)[row]);
      deviation.column(first_column + column)[row] =
          static_cast<Scalar>(moments.deviation(static_cast<std::size_t>(column * outputs + row)));
    }
}

}  // namespace

bool has_dropout(const Model& model) noexcept {
  const NetworkSpec& spec = model.network.spec();
  return spec.input_dropout > 0 || (spec.dropout > 0 && !spec.hidden.empty());
}

void predict_by_sampling(const Model& model, const Dataset& data, const McNetworks& networks,
                         Communicator& communicator, Workers& workers,
                         const std::function<void(Index, ConstPanel, ConstPanel)>& sink) {
  const FloatingPointMode mode;
  const ShardPass pass{model, evaluation_plan};
  ShardStore store = evaluation_store(model, window_slots(workers));
  for_each_window(
      {.samples = data.info().samples, .outputs = model.network.spec().outputs, .panels = 2}, communicator, workers,
      [&](Range rows, Index slot, const std::vector<Panel>& panels, Index column) {
        store.set_width(slot, rows.size());
        sample_shard(model, pass, data, networks, rows, store[slot], panels[0], panels[1], column);
      },
      [&](Index first, const std::vector<Panel>& panels) { sink(first, panels[0], panels[1]); });
}

std::vector<McFigures> evaluate_by_sampling(const Model& model, const Samples& samples, const McNetworks& networks,
                                            const std::vector<Index>& counts, const std::vector<double>& precisions,
                                            Communicator& communicator, Workers& workers) {
  assert(!counts.empty() && counts.back() <= networks.count && std::is_sorted(counts.begin(), counts.end()));
  const FloatingPointMode mode;
  const ShardPass pass{model, evaluation_plan};
  const Index leaves = shard_count(samples.samples, evaluation_plan.shard_size);
  ShardStore store = evaluation_store(model, std::min(leaves, leaves_in_flight(workers)));
  const Index width = values_per_count(model, precisions);
  const auto leaf = [&](Index index, Index slot, std::span<double> sums) {
    const Index first = index * evaluation_plan.shard_size;
    ShardFigures figures{model, precisions, std::min(evaluation_plan.shard_size, samples.samples - first)};
    std::size_t next = 0;
    for (Index network = 0; network < counts.back(); ++network) {
      const Pass drawn = pass_of(networks, network, first);
      pass.gather(samples, index, drawn, store, slot);
      pass.forward_alone(drawn, store[slot]);
      figures.add(store[slot]);
      for (; next < counts.size() && counts[next] == network + 1; ++next)
        figures.write(store[slot], network + 1,
                      sums.subspan(next * static_cast<std::size_t>(width), static_cast<std::size_t>(width)));
    }
  };
  const std::vector<double> sums =
      sum_over_leaves(leaves, width * static_cast<Index>(counts.size()), communicator, workers, leaf);
  return figures_from(sums, model, samples.samples, counts, width);
}

}  // namespace lockstep
