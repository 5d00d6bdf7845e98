// SPDX-License-Identifier: MIT
// The runs of the batch-size study: a search for each batch, then what the best rates are used for.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/study/rate_search.hpp"
#include "apps/study/study_kind.hpp"

namespace lockstep {

inline const std::vector<std::string> batch_questions{"target",   "rules", "generalization",
                                                      "gradient", "noise", "speed"};

/// What is asked, and the values that it is asked for.
struct BatchQuestions {
  std::vector<std::string> asked;  ///< of batch_questions
  std::vector<Index> batches;      ///< rising, none above the training samples
  Index usual_batch = 0;           ///< of the batches, the one nearest to the study's own: where rules start
  int search = 9;                  ///< most runs of one batch's search
  double factor = 2;               ///< between neighbouring rates
  double target = 0;               ///< on validation samples; 0: what the study's own settings come to
  bool of_error = false;           ///< the target is an error, not a loss
  Index least_steps = 0;           ///< that every run may take, however large its batch

  [[nodiscard]] bool asks(std::string_view question) const;
};

[[nodiscard]] BatchQuestions batch_questions_in(const StudyOptions& options, const StudySetting& setting,
                                                std::vector<std::string>& problems);

/// What runs are to come to.
struct BatchTarget {
  double value = 0;
  bool error = false;  ///< a share of samples or an RMSE, rather than a loss

  /// "loss" or "error".
  [[nodiscard]] const char* what() const noexcept { return error ? "error" : "loss"; }
};

/// What is known so far, and which cells follow from it.
class BatchSizeGrid {
 public:
  BatchSizeGrid(const BatchQuestions& questions, const StudySetting& setting, const StudyResults& results);

  /// The run of the study's own settings that sets the target, and in whose end gradients are looked at.
  [[nodiscard]] Overrides pilot() const;
  /// The run of the study's own settings that measures the noise of its gradients along the way.
  [[nodiscard]] Overrides noise_cell() const;
  /// Of the validation samples, once it is known; half of that, of the training samples.
  [[nodiscard]] std::optional<BatchTarget> target() const { return target_; }
  [[nodiscard]] std::optional<BatchTarget> training_target() const;

  /// The most steps of a run: those of the study's epochs, or least_steps.
  [[nodiscard]] Index most_steps(Index batch) const;
  [[nodiscard]] double rate(Index batch, int k) const;
  /// Rate k of a batch's search.
  [[nodiscard]] Overrides search_cell(Index batch, int k) const;
  [[nodiscard]] RateSearch search(Index batch) const;
  /// The best rate of the search: nothing when none came to the target.
  [[nodiscard]] std::optional<double> tuned(Index batch) const;
  [[nodiscard]] Overrides tuned_cell(Index batch) const;
  /// The usual batch's tuned rate, times the ratio of the batches to the power 1 (linear) or 1/2 (square root).
  [[nodiscard]] double rule_rate(Index batch, double power) const;
  [[nodiscard]] Overrides rule_cell(Index batch, double power) const;
  /// To the same training loss, at the tuned rate.
  [[nodiscard]] Overrides training_cell(Index batch) const;

  [[nodiscard]] std::vector<WantedPoint> wanted() const;

 private:
  [[nodiscard]] Overrides cell(Index batch, double rate, BatchTarget target) const;

  const BatchQuestions& questions_;
  const StudySetting& setting_;
  const StudyResults& results_;
  std::optional<BatchTarget> target_;
};

/// Steps in which a cell's run of that seed came to its target; NaN when it did not.
[[nodiscard]] double steps_to_target(const StudyResults& results, const Overrides& cell, std::uint64_t seed);

}  // namespace lockstep
