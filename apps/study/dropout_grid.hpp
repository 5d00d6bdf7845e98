// SPDX-License-Identifier: MIT
// The cells of the dropout study, question by question.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/study/study_kind.hpp"
#include "apps/study/tables.hpp"

namespace lockstep {

/// What is asked, and the values that it is asked for.
struct DropoutQuestions {
  std::vector<std::string> asked;  ///< of dropout_questions
  std::vector<double> rates;       ///< drop rates of hidden units
  std::vector<double> input_rates;
  double rate = 0.5;        ///< where one rate stands for dropout
  double input_rate = 0.2;  ///< beside it
  double max_norm = 3;
  double l1 = 1e-5;
  double l2 = 1e-4;
  std::vector<std::string> regularizers;  ///< rows of the table of regularisers, by name
  std::vector<Index> sizes;               ///< training samples
  Index steps = 0;                        ///< of each of their runs
  std::vector<Index> networks;            ///< to average over, rising
};

inline const std::vector<std::string> dropout_questions{"rates", "regularizers", "sizes", "averaging", "units"};

/// Reads the options; a sentence to `problems` for everything that is wrong.
[[nodiscard]] DropoutQuestions dropout_questions_in(const StudyOptions& options, const StudySetting& setting,
                                                    std::vector<std::string>& problems);

/// Dropout of hidden units and inputs; 0 and 0 is none.
[[nodiscard]] Overrides dropout_cell(double rate, double input_rate);

/// The hidden layers with which a unit that is dropped at `rate` leaves as many as the study's own do at
/// `usual_rate`: n (1 - usual_rate) / (1 - rate) (Srivastava et al. 2014, section 7.3, "pn fixed").
[[nodiscard]] std::vector<Index> widened(const std::vector<Index>& hidden, double rate, double usual_rate);

[[nodiscard]] std::vector<NamedCell> fixed_size_cells(const DropoutQuestions& questions);
[[nodiscard]] std::vector<NamedCell> fixed_share_cells(const DropoutQuestions& questions, const TrainConfig& config);
[[nodiscard]] std::vector<NamedCell> input_cells(const DropoutQuestions& questions);
[[nodiscard]] std::vector<NamedCell> regularizer_cells(const DropoutQuestions& questions, const TrainConfig& config);
[[nodiscard]] std::vector<NamedCell> size_cells(const DropoutQuestions& questions, bool dropout);
[[nodiscard]] std::vector<NamedCell> averaging_cells(const DropoutQuestions& questions, Task task);
[[nodiscard]] std::vector<NamedCell> unit_cells(const DropoutQuestions& questions);

}  // namespace lockstep
