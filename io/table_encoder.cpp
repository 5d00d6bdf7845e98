// SPDX-License-Identifier: MIT
// One row at a time.
#include "io/table_encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "io/column_survey.hpp"
#include "io/table_values.hpp"

namespace lockstep {

TableEncoder::TableEncoder(const TableSource& source, const TableSchema& schema, std::vector<Index> columns_in_table,
                           MissingPolicy missing, TableProblems& problems)
    : source_{source}, schema_{schema}, missing_{missing}, problems_{problems} {
  Index first_feature = 0;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const TableColumn& meaning = schema.columns[i];
    Column column{
        .meaning = &meaning, .in_table = columns_in_table[i], .first_feature = first_feature, .categories = {}};
    for (const std::string& category : meaning.categories) {
      column.categories.emplace(category, static_cast<Index>(column.categories.size()));
    }
    first_feature += feature_count(meaning);
    if (meaning.role == ColumnRole::target) target_ = column;
    if (feature_count(meaning) > 0) features_.push_back(std::move(column));
  }
  for (const std::string& name : schema.classes) classes_.emplace(name, static_cast<Label>(classes_.size()));
}

std::string TableEncoder::place(const TableRows& rows, const Column& column, std::string_view field) const {
  const std::string where = fmt::format("{}, {}", rows.place(), source_.place(column.in_table));
  return field.empty() ? where : fmt::format("'{}' in {}", shortened(field), where);
}

/// Is this row left out because something is missing in it?
bool TableEncoder::drops(const TableRows& rows) const {
  if (missing_ != MissingPolicy::drop) return false;
  const auto missing = [&](const Column& column) {
    return is_missing(rows.fields()[static_cast<std::size_t>(column.in_table)]);
  };
  return (has_target() && missing(target_)) || std::any_of(features_.begin(), features_.end(), missing);
}

TableEncoder::Outcome TableEncoder::encode(const TableRows& rows, std::span<float> features, EncodedTarget& target) {
  if (rows.ragged()) {
    problems_.add(TableProblem::ragged,
                  fmt::format("{} has {} instead of {}", rows.place(), rows.fields().size(), source_.names().size()));
    return Outcome::faulty;
  }
  if (drops(rows)) return Outcome::dropped;
  bool whole = !has_target() || encode_target(rows, target);
  for (const Column& column : features_) whole = encode_feature(rows, column, features) && whole;
  return whole ? Outcome::kept : Outcome::faulty;
}

bool TableEncoder::encode_missing(const TableRows& rows, const Column& column, std::span<float> features) {
  const TableColumn& meaning = *column.meaning;
  const bool fillable = meaning.role == ColumnRole::categorical ? meaning.missing_category : meaning.fill.has_value();
  if (missing_ != MissingPolicy::fill || !fillable) {
    problems_.add(missing_ == MissingPolicy::fill ? TableProblem::nothing_to_fill : TableProblem::missing,
                  place(rows, column));
    return false;
  }
  ++filled_;
  if (meaning.role == ColumnRole::categorical) {
    features[static_cast<std::size_t>(column.first_feature + feature_count(meaning) - 1)] = 1;
  } else {
    features[static_cast<std::size_t>(column.first_feature)] = *meaning.fill;
  }
  return true;
}

bool TableEncoder::encode_number(const TableRows& rows, const Column& column, std::string_view field, float& value) {
  const ParsedNumber number = parse_number(field);
  value = static_cast<float>(number.value);
  if (number.kind == NumberKind::number) return true;
  problems_.add(number.kind == NumberKind::infinite ? TableProblem::infinite : TableProblem::not_a_number,
                place(rows, column, field));
  return false;
}

bool TableEncoder::encode_feature(const TableRows& rows, const Column& column, std::span<float> features) {
  const std::string_view field = rows.fields()[static_cast<std::size_t>(column.in_table)];
  const auto first = static_cast<std::size_t>(column.first_feature);
  const bool categorical = column.meaning->role == ColumnRole::categorical;
  const auto count = static_cast<std::size_t>(feature_count(*column.meaning));
  std::fill_n(features.begin() + column.first_feature, count, 0.0F);
  if (is_missing(field)) return encode_missing(rows, column, features);
  if (!categorical) return encode_number(rows, column, field, features[first]);
  const auto found = column.categories.find(field);
  if (found == column.categories.end()) {
    problems_.add(TableProblem::unknown_category, place(rows, column, field));
    return false;
  }
  features[first + static_cast<std::size_t>(found->second)] = 1;
  return true;
}

bool TableEncoder::encode_class(const TableRows& rows, std::string_view field, Label& label) {
  const ParsedNumber number = schema_.numeric_classes ? parse_number(field) : ParsedNumber{};
  const bool by_value = number.kind == NumberKind::number;
  const auto found = by_value ? classes_.find(class_name_of(number.value)) : classes_.find(field);
  if (found != classes_.end()) {
    label = found->second;
    return true;
  }
  const bool infinite = number.kind == NumberKind::infinite;
  const bool known_to_be_numbers = schema_.numeric_classes && !problems_.like_another() && !by_value;
  problems_.add(!known_to_be_numbers ? TableProblem::unknown_class
                : infinite           ? TableProblem::infinite
                                     : TableProblem::not_a_number,
                place(rows, target_, field));
  return false;
}

bool TableEncoder::encode_target(const TableRows& rows, EncodedTarget& target) {
  const std::string_view field = rows.fields()[static_cast<std::size_t>(target_.in_table)];
  if (is_missing(field)) {
    problems_.add(missing_ == MissingPolicy::fill ? TableProblem::missing_target : TableProblem::missing,
                  place(rows, target_));
    return false;
  }
  return schema_.task == Task::classification ? encode_class(rows, field, target.label)
                                              : encode_number(rows, target_, field, target.value);
}

}  // namespace lockstep
