// SPDX-License-Identifier: MIT
// Counting the values of one column.
#include "io/column_survey.hpp"

#include <fmt/format.h>

#include <cmath>

#include "io/table_survey.hpp"
#include "io/table_values.hpp"

namespace lockstep {

bool ColumnSurvey::too_many_texts() const noexcept { return texts_seen_.size() > most_categories; }
bool ColumnSurvey::too_many_numbers() const noexcept { return numbers_seen_.size() > most_categories; }

void ColumnSurvey::add(std::string_view field) {
  if (is_missing(field)) {
    ++missing_;
    return;
  }
  if (!too_many_texts() && texts_seen_.find(field) == texts_seen_.end()) texts_seen_.emplace(field);
  const ParsedNumber number = parse_number(field);
  if (number.kind == NumberKind::text) {
    ++texts_;
    return;
  }
  ++numbers_;
  if (number.kind == NumberKind::infinite) return;
  whole_ = whole_ && number.value == std::floor(number.value);
  if (!too_many_numbers()) numbers_seen_.insert(number.value);
  if (keep_distribution_) median_.first_pass(static_cast<float>(number.value));
}

void ColumnSurvey::add_again(std::string_view field) {
  const ParsedNumber number = parse_number(field);
  if (number.kind == NumberKind::number) median_.second_pass(static_cast<float>(number.value));
}

std::optional<float> ColumnSurvey::median() const {
  if (median_.count() == 0) return std::nullopt;
  return median_.median();
}

std::string class_name_of(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

}  // namespace lockstep
