// SPDX-License-Identifier: MIT
// The first look at a table: which columns are numbers, which are categories, and what its target asks for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/dataset_output.hpp"
#include "io/table_schema.hpp"
#include "io/table_source.hpp"

namespace lockstep {

/// Most different texts that a column of categories or a target of classes may have.
inline constexpr std::size_t most_categories = 1000;
/// A numeric target of whole numbers with at most this many different values, each of them in two rows on average,
/// means classes.
inline constexpr std::size_t most_guessed_classes = 20;

/// What the user says about the columns; the survey finds the rest.
struct SurveyRequest {
  Index target = 0;
  std::vector<Index> ignored;
  std::vector<Index> categorical;  ///< categories even where they look like numbers
  MissingPolicy missing = MissingPolicy::error;
  std::optional<Task> task;
};

struct Survey {
  TableSchema schema;
  std::string task_reason;  ///< why this task, for people
  Index rows = 0;           ///< that will be kept
};

/// Reads the table once, and with MissingPolicy::fill once more for the medians. Memory depends on columns, not on
/// rows.
///
/// A column is numeric when more than half of its values are numbers, else categorical. Categories are the different
/// texts of rows that will be kept; texts that hardly ever repeat (names, dates) are refused unless said to be
/// categorical. The task, unless said: text means classification; whole numbers with few different values (see
/// most_guessed_classes) mean classification; all else regression. Values that do not fit their column are not reported
/// here but when the rows are encoded. Throws RequestError: too many categories or classes, texts longer than
/// longest_name, text that is not UTF-8, nothing left of a column or of the rows.
[[nodiscard]] Survey survey_table(const TableSource& source, const SurveyRequest& request,
                                  const WorkProgress& progress);

/// What to say when dropping leaves no row.
[[nodiscard]] std::string nothing_left(const TableSource& source);

}  // namespace lockstep
