// SPDX-License-Identifier: MIT
// Steps on growing numbers of ranks and threads, and the model that is fitted to them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "apps/spread.hpp"
#include "parallel/scaling_model.hpp"

namespace lockstep {

/// A shape and a batch, measured.
struct ScalingCase {
  std::string scaling;  ///< "strong": one batch for all shapes; "weak": as many samples for each worker
  ScalingPoint point;
  bool fitted = true;  ///< the model may look at it
  std::vector<StepRate> rates;

  [[nodiscard]] int workers() const { return point.shape.ranks * point.shape.threads; }
  [[nodiscard]] Spread seconds() const;
  [[nodiscard]] Spread samples_per_second() const;
  [[nodiscard]] double exposed() const;
};

/// The exchange of a gradient by itself, measured.
struct ExchangeAlone {
  Index floats = 0;
  Index leaves = 0;
  ScalingShape shape;
  std::vector<double> seconds;
};

/// What `bench scaling` measures, in rounds of all cases, because machines drift.
class ScalingMeasurement {
 public:
  /// Four batches on each shape, the first of which is one worker: a sixteenth of `batch`, all and four times it
  /// (strong), to which the model is fitted, and a quarter for each worker (weak), on which it is tested. Exchanges of
  /// three sizes for each number of ranks.
  ScalingMeasurement(const std::vector<Index>& sizes, Index batch, const std::vector<ScalingShape>& shapes);

  /// Each case once more, each for about `seconds`; the first ranks of `world` take the steps, the others wait. `tell`
  /// is told what comes next. Collective.
  void measure_round(double seconds, Communicator& world, const std::function<void(const std::string&)>& tell);

  [[nodiscard]] const std::vector<ScalingCase>& cases() const noexcept { return cases_; }
  /// One worker's rate at the same batch (strong) or the same samples (weak), times workers, is 1: repetition by
  /// repetition.
  [[nodiscard]] Spread efficiency(const ScalingCase& one) const;
  /// Fitted to what may be looked at, the least time of each case: other programs and a drifting clock only add.
  [[nodiscard]] ScalingModel model() const;
  /// How far the model is off on a case: 0.1 says a tenth too much.
  [[nodiscard]] double error(const ScalingModel& model, const ScalingCase& one) const;
  /// The greatest of those that it was not fitted to.
  [[nodiscard]] double greatest_error(const ScalingModel& model) const;

 private:
  std::vector<ScalingCase> cases_;
  std::vector<ExchangeAlone> exchanges_;
};

}  // namespace lockstep
