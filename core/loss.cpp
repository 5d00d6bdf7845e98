// SPDX-License-Identifier: MIT
// Losses and their deltas.
#include "core/loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "core/names.hpp"

namespace lockstep {
namespace {

constexpr std::array<Named<Loss>, 5> names{{
    {Loss::mean_squared_error, "mean-squared-error"},
    {Loss::mean_absolute_error, "mean-absolute-error"},
    {Loss::huber, "huber"},
    {Loss::cross_entropy, "cross-entropy"},
    {Loss::binary_cross_entropy, "binary-cross-entropy"},
}};

/// -log of a probability. One that underflowed counts as the smallest normal number, so that a confident wrong answer
/// costs much, not infinitely much; NaN stays NaN.
double nats(double probability, double smallest) { return -std::log(probability < smallest ? smallest : probability); }

constexpr double smallest_output = std::numeric_limits<Scalar>::min();
/// 1 - y of the outputs that round to 1 is at most half a unit in the last place below 1.
constexpr double smallest_complement = std::numeric_limits<Scalar>::epsilon() / 4;

// The terms: loss of one output against its target, and the derivative by the output. `residual` = output - target.
struct Squared {
  static Scalar loss(Scalar residual) { return residual * residual; }
  static Scalar slope(Scalar residual) { return 2 * residual; }
};

struct Absolute {
  static Scalar loss(Scalar residual) { return std::abs(residual); }
  static Scalar slope(Scalar residual) {
    const Scalar sign = static_cast<Scalar>(residual > 0) - static_cast<Scalar>(residual < 0);
    return std::isnan(residual) ? residual : sign;
  }
};

/// Huber 1964, delta = 1.
struct Huber {
  static Scalar loss(Scalar residual) {
    const Scalar magnitude = std::abs(residual);
    return magnitude > 1 ? magnitude - Scalar{0.5} : Scalar{0.5} * residual * residual;
  }
  static Scalar slope(Scalar residual) {
    const Scalar floored = residual < -1 ? Scalar{-1} : residual;
    return floored > 1 ? Scalar{1} : floored;
  }
};

/// Columns of targets as numbers: the given values, or one-hot columns made from labels one at a time.
class TargetColumns {
 public:
  TargetColumns(const Targets& targets, Index outputs) : targets_{targets}, outputs_{outputs} {
    if (!targets.labels.empty()) one_hot_.assign(static_cast<std::size_t>(outputs), Scalar{0});
  }

  /// Valid until the next call.
  [[nodiscard]] const Scalar* column(Index sample) {
    if (targets_.labels.empty()) return targets_.values.column(sample);
    const Label label = targets_.labels[static_cast<std::size_t>(sample)];
    if (outputs_ == 1) {
      one_hot_[0] = static_cast<Scalar>(label);
      return one_hot_.data();
    }
    one_hot_[hot_] = 0;
    hot_ = static_cast<std::size_t>(label);
    assert(hot_ < one_hot_.size());
    one_hot_[hot_] = 1;
    return one_hot_.data();
  }

 private:
  const Targets& targets_;
  Index outputs_;
  std::vector<Scalar> one_hot_;
  std::size_t hot_ = 0;
};

/// Mean of the terms of one sample, added in eight lanes by output so that the loop runs in vectors.
template <class Term>
double sample_loss(const Scalar* outputs, const Scalar* targets, Index count) {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> sums{};
  Index first = 0;
  for (; first + static_cast<Index>(lanes) <= count; first += static_cast<Index>(lanes)) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const Index at = first + static_cast<Index>(lane);
      sums[lane] += static_cast<double>(Term::loss(outputs[at] - targets[at]));
    }
  }
  for (std::size_t lane = 0; first < count; ++lane, ++first)
    sums[lane] += static_cast<double>(Term::loss(outputs[first] - targets[first]));
  double total = 0;
  for (const double sum : sums) total += sum;
  return total / static_cast<double>(count);
}

template <class Term>
double mean_loss(ConstPanel outputs, const Targets& targets, Panel delta) {
  TargetColumns columns{targets, outputs.rows};
  double sum = 0;
  const auto outputs_count = static_cast<Scalar>(outputs.rows);
  for (Index sample = 0; sample < outputs.columns; ++sample) {
    const Scalar* output = outputs.column(sample);
    const Scalar* target = columns.column(sample);
    sum += sample_loss<Term>(output, target, outputs.rows);
    if (delta.data == nullptr) continue;
    Scalar* slope = delta.column(sample);
    for (Index row = 0; row < outputs.rows; ++row) slope[row] *= Term::slope(output[row] - target[row]) / outputs_count;
  }
  return sum;
}

double cross_entropy(ConstPanel outputs, const Targets& targets, Panel delta) {
  assert(!targets.labels.empty() || outputs.columns == 0);
  double sum = 0;
  for (Index sample = 0; sample < outputs.columns; ++sample) {
    const Label label = targets.labels[static_cast<std::size_t>(sample)];
    assert(label >= 0 && label < outputs.rows);
    const Scalar* output = outputs.column(sample);
    sum += nats(output[label], smallest_output);
    if (delta.data == nullptr) continue;
    std::copy(output, output + outputs.rows, delta.column(sample));
    delta.column(sample)[label] -= 1;
  }
  return sum;
}

double binary_cross_entropy(ConstPanel outputs, const Targets& targets, Panel delta) {
  TargetColumns columns{targets, outputs.rows};
  double sum = 0;
  for (Index sample = 0; sample < outputs.columns; ++sample) {
    const Scalar* output = outputs.column(sample);
    const Scalar* target = columns.column(sample);
    for (Index row = 0; row < outputs.rows; ++row) {
      const double wanted = target[row];
      const double y = output[row];
      // A term without weight is left out: its logarithm is large and its product zero.
      if (wanted > 0) sum += wanted * nats(y, smallest_output);
      if (wanted < 1) sum += (1 - wanted) * nats(1 - y, smallest_complement);
    }
    if (delta.data == nullptr) continue;
    Scalar* slope = delta.column(sample);
    for (Index row = 0; row < outputs.rows; ++row) slope[row] = output[row] - target[row];
  }
  return sum;
}

}  // namespace

std::string_view name_of(Loss loss) { return text_in(names, loss); }

Loss loss_named(std::string_view name) { return value_in(names, "loss", name); }

Activation output_activation_for(Loss loss) {
  if (loss == Loss::cross_entropy) return Activation::softmax;
  if (loss == Loss::binary_cross_entropy) return Activation::logistic;
  return Activation::linear;
}

std::string problem_between(Loss loss, Activation output) {
  const bool fixed = loss == Loss::cross_entropy || loss == Loss::binary_cross_entropy;
  if (fixed && output != output_activation_for(loss))
    return fmt::format(
        "the loss {} needs the output activation {}, not {}; leave output on auto, or take the loss mean-squared-error",
        name_of(loss), name_of(output_activation_for(loss)), name_of(output));
  if (!fixed && output == Activation::softmax)
    return fmt::format("the output activation softmax needs the loss cross-entropy, not {}; leave output on auto",
                       name_of(loss));
  if (!trainable(output))
    return fmt::format(
        "the output activation {} cannot be trained: its derivative is zero wherever it exists; "
        "take linear, logistic or tanh.",
        name_of(output));
  return {};
}

double loss_sum(Loss loss, ConstPanel outputs, const Targets& targets) {
  return loss_sum_and_delta(loss, outputs, targets, {});
}

double loss_sum_and_delta(Loss loss, ConstPanel outputs, const Targets& targets, Panel delta) {
  assert(delta.data == nullptr || (delta.rows == outputs.rows && delta.columns == outputs.columns));
  switch (loss) {
    case Loss::mean_squared_error:
      return mean_loss<Squared>(outputs, targets, delta);
    case Loss::mean_absolute_error:
      return mean_loss<Absolute>(outputs, targets, delta);
    case Loss::huber:
      return mean_loss<Huber>(outputs, targets, delta);
    case Loss::cross_entropy:
      return cross_entropy(outputs, targets, delta);
    case Loss::binary_cross_entropy:
      return binary_cross_entropy(outputs, targets, delta);
  }
  assert(false && "a loss without a formula");
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace lockstep
