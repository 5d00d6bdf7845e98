// SPDX-License-Identifier: MIT
// From counted values to a schema.
#include "io/table_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/error.hpp"
#include "io/column_survey.hpp"
#include "io/table_values.hpp"

namespace lockstep {
namespace {

using Columns = std::vector<ColumnSurvey>;

bool contains(const std::vector<Index>& list, Index column) {
  return std::find(list.begin(), list.end(), column) != list.end();
}

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

/// Calls body(column, rows) for every used field of the rows that will be kept.
template <class Body>
void for_each_field(const TableSource& source, const SurveyRequest& request, const WorkProgress& progress,
                    Body&& body) {
  TableRows rows = source.rows();
  std::vector<Index> used;
  for (Index column = 0; column < static_cast<Index>(source.names().size()); ++column) {
    if (!contains(request.ignored, column)) used.push_back(column);
  }
  while (rows.next()) {
    if (progress && rows.row() % 1024 == 0) progress(rows.fraction());
    if (rows.ragged()) continue;
    const auto missing = [&](Index column) { return is_missing(rows.fields()[at(column)]); };
    if (request.missing == MissingPolicy::drop && std::any_of(used.begin(), used.end(), missing)) continue;
    for (const Index column : used) body(column, rows);
  }
}

/// Texts that are too long to be categories or classes: the first of each column.
class LongNames {
 public:
  explicit LongNames(const TableSource& source) : source_{source}, known_(source.names().size()) {}

  /// Is the row's field in this column one?
  bool found(Index column, const TableRows& rows) {
    const std::string_view field = rows.fields()[at(column)];
    if (field.size() <= longest_name || parse_number(field).kind != NumberKind::text) return false;
    if (!known_[at(column)])
      problems_.push_back(fmt::format(
          "{}: {}, {} holds a text of {} bytes ('{}'), and a category or class has at most {}; close a quote that may "
          "be open, shorten the text, or leave the column out by --ignore {}",
          source_.path(), rows.place(), source_.place(column), field.size(), shortened(field), longest_name,
          column + 1));
    known_[at(column)] = true;
    return true;
  }

  void throw_if_any() const {
    if (!problems_.empty()) throw RequestError{problems_};
  }

 private:
  const TableSource& source_;
  std::vector<bool> known_;  ///< columns that have one
  std::vector<std::string> problems_;
};

void require_utf8(const TableSource& source, Index column, const std::vector<std::string>& texts) {
  const auto wrong = std::find_if_not(texts.begin(), texts.end(), is_utf8);
  if (wrong == texts.end()) return;
  throw RequestError{fmt::format("{}: {} holds text that is not UTF-8; convert the file (iconv -f latin1 -t utf-8)",
                                 source.path(), source.place(column))};
}

/// "0,27": a number, if the comma were a point.
bool has_decimal_comma(const std::string& text) {
  std::string changed = text;
  const auto commas = std::count(changed.begin(), changed.end(), ',');
  std::replace(changed.begin(), changed.end(), ',', '.');
  return commas == 1 && parse_number(changed).kind == NumberKind::number;
}

TableColumn categorical_column(const TableSource& source, const SurveyRequest& request, Index column,
                               const ColumnSurvey& survey) {
  const std::vector<std::string> texts = survey.different_texts();
  require_utf8(source, column, texts);
  if (!texts.empty() && std::all_of(texts.begin(), texts.end(), has_decimal_comma)) {
    throw RequestError{fmt::format("{}: {} holds numbers with a decimal comma ('{}'); write them with a point",
                                   source.path(), source.place(column), texts.front())};
  }
  if (survey.too_many_texts()) {
    throw RequestError{
        fmt::format("{}: {} holds more than {} different texts ({}), too many for categories; leave it out by "
                    "--ignore {}",
                    source.path(), source.place(column), most_categories, quoted_list(texts), column + 1)};
  }
  if (texts.size() > most_guessed_classes && 2 * static_cast<Index>(texts.size()) > survey.values() &&
      !contains(request.categorical, column)) {
    throw RequestError{
        fmt::format("{}: {} holds {} different texts in {} values ({}), which hardly ever repeat and so are no "
                    "categories; leave it out by --ignore {}, or insist by --categorical {}",
                    source.path(), source.place(column), texts.size(), survey.values(), quoted_list(texts), column + 1,
                    column + 1)};
  }
  return {.name = source.names()[at(column)],
          .role = ColumnRole::categorical,
          .categories = texts,
          .missing_category = request.missing == MissingPolicy::fill && survey.missing() > 0};
}

TableColumn feature_column(const TableSource& source, const SurveyRequest& request, Index column,
                           const ColumnSurvey& survey) {
  if (survey.values() == 0 && request.missing == MissingPolicy::fill) {
    throw RequestError{fmt::format("{}: {} has no values at all; leave it out by --ignore {}", source.path(),
                                   source.place(column), column + 1)};
  }
  const bool empty = survey.values() == 0;  // every value is missing, which is reported when rows are encoded
  if (!empty && (!survey.numeric() || contains(request.categorical, column))) {
    return categorical_column(source, request, column, survey);
  }
  TableColumn result{.name = source.names()[at(column)]};
  if (request.missing == MissingPolicy::fill) result.fill = survey.median();
  return result;
}

/// The task and why.
std::pair<Task, std::string> choose_task(const SurveyRequest& request, const ColumnSurvey& target) {
  if (request.task) return {*request.task, "as said"};
  if (contains(request.categorical, request.target))
    return {Task::classification, "its target is categorical, as said"};
  if (!target.numeric()) return {Task::classification, "its target is text"};
  if (!target.whole_numbers()) return {Task::regression, "its target has fractions"};
  const std::size_t different = target.different_numbers().size();
  const bool few = different <= most_guessed_classes && 2 * static_cast<Index>(different) <= target.values();
  const std::string count =
      target.too_many_numbers() ? fmt::format("more than {}", most_categories) : fmt::format("{}", different);
  const std::string values = fmt::format("its target has {} different whole numbers", count);
  return {few ? Task::classification : Task::regression, values};
}

void set_classes(const TableSource& source, const SurveyRequest& request, const ColumnSurvey& target,
                 TableSchema& schema) {
  schema.numeric_classes = target.numeric() && !contains(request.categorical, request.target);
  if (schema.numeric_classes ? target.too_many_numbers() : target.too_many_texts()) {
    throw RequestError{
        fmt::format("{}: the target, {}, has more than {} different values, too many for classes; say "
                    "--task regression if it is a quantity",
                    source.path(), source.place(request.target), most_categories)};
  }
  if (!schema.numeric_classes) {
    schema.classes = target.different_texts();
    require_utf8(source, request.target, schema.classes);
    return;
  }
  for (const double value : target.different_numbers()) schema.classes.push_back(class_name_of(value));
}

Survey conclude(const TableSource& source, const SurveyRequest& request, const Columns& columns) {
  const ColumnSurvey& target = columns[at(request.target)];
  if (target.values() == 0) {
    throw RequestError{
        request.missing == MissingPolicy::drop
            ? nothing_left(source)
            : fmt::format("{}: the target, {}, has no values at all", source.path(), source.place(request.target))};
  }
  Survey survey;
  std::tie(survey.schema.task, survey.task_reason) = choose_task(request, target);
  survey.rows = target.values() + target.missing();
  survey.schema.header = source.header();
  survey.schema.missing = request.missing;
  if (survey.schema.task == Task::regression && !target.numeric()) {
    throw RequestError{fmt::format("{}: the target, {}, is text ({}), which only --task classification can take",
                                   source.path(), source.place(request.target), quoted_list(target.different_texts()))};
  }
  if (survey.schema.task == Task::classification) set_classes(source, request, target, survey.schema);
  std::vector<std::string> problems;
  for (Index column = 0; column < static_cast<Index>(columns.size()); ++column) {
    if (column == request.target || contains(request.ignored, column)) {
      const ColumnRole role = column == request.target ? ColumnRole::target : ColumnRole::ignored;
      survey.schema.columns.push_back({.name = source.names()[at(column)], .role = role});
      continue;
    }
    try {
      survey.schema.columns.push_back(feature_column(source, request, column, columns[at(column)]));
    } catch (const RequestError& failure) {
      problems.insert(problems.end(), failure.problems().begin(), failure.problems().end());
    }
  }
  if (!problems.empty()) throw RequestError{problems};
  return survey;
}

}  // namespace

std::string nothing_left(const TableSource& source) {
  return fmt::format(
      "{}: something is missing in every row, so none is left; say --missing fill, or leave columns out by "
      "--ignore",
      source.path());
}

Survey survey_table(const TableSource& source, const SurveyRequest& request, const WorkProgress& progress) {
  const bool fill = request.missing == MissingPolicy::fill;
  Columns columns;
  for (std::size_t column = 0; column < source.names().size(); ++column) columns.emplace_back(fill);
  LongNames long_names{source};
  const auto part = [&](double from, double length) -> WorkProgress {
    if (!progress) return {};
    return [&progress, from, length](double fraction) { progress(from + length * fraction); };
  };
  for_each_field(source, request, part(0, fill ? 0.5 : 1), [&](Index column, const TableRows& rows) {
    if (!long_names.found(column, rows)) columns[at(column)].add(rows.fields()[at(column)]);
  });
  long_names.throw_if_any();
  if (fill) {
    for_each_field(source, request, part(0.5, 0.5), [&](Index column, const TableRows& rows) {
      columns[at(column)].add_again(rows.fields()[at(column)]);
    });
  }
  return conclude(source, request, columns);
}

}  // namespace lockstep
