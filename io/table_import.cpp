// SPDX-License-Identifier: MIT
// Survey or take over a schema, then encode row by row.
#include "io/table_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "io/class_census.hpp"
#include "io/output_path.hpp"
#include "io/table_encoder.hpp"
#include "io/table_problems.hpp"
#include "io/table_survey.hpp"
#include "io/table_values.hpp"

namespace lockstep {
namespace {

constexpr Index block_values = Index{1} << 18U;

/// How the table is to be read, and why the task is what it is.
struct Plan {
  TableSchema schema;
  std::string task_reason;
  std::vector<Index> columns_in_table;
  MissingPolicy missing = MissingPolicy::error;
  Index rows = 0;       ///< that will be kept; 0: not known
  double surveyed = 0;  ///< share of the work that is already done
};

std::vector<Index> resolve(const TableSource& source, const std::vector<std::string>& columns, const char* flag) {
  std::vector<Index> indices;
  for (const std::string& column : columns) indices.push_back(source.column(column, flag));
  return indices;
}

Plan plan_by_survey(const TableSource& source, const TableImport& request, const WorkProgress& progress) {
  SurveyRequest survey_request{.target = source.column(request.target, "--target"),
                               .ignored = resolve(source, request.ignored, "--ignore"),
                               .categorical = resolve(source, request.categorical, "--categorical"),
                               .missing = request.missing.value_or(MissingPolicy::error),
                               .task = request.task};
  const auto& ignored = survey_request.ignored;
  if (std::find(ignored.begin(), ignored.end(), survey_request.target) != ignored.end()) {
    throw RequestError{
        fmt::format("--ignore: {} is the target, which cannot be left out", source.place(survey_request.target))};
  }
  const double share = survey_request.missing == MissingPolicy::fill ? 2.0 / 3 : 0.5;
  Survey survey = survey_table(source, survey_request, [&](double fraction) {
    if (progress) progress(share * fraction);
  });
  Plan plan{.schema = std::move(survey.schema),
            .task_reason = std::move(survey.task_reason),
            .columns_in_table = std::vector<Index>(source.names().size()),
            .missing = survey_request.missing,
            .rows = survey.rows,
            .surveyed = share};
  std::iota(plan.columns_in_table.begin(), plan.columns_in_table.end(), Index{0});
  return plan;
}

/// Where the columns of the schema lie in the table, by name. Throws what is absent and what is too many.
std::vector<Index> match_by_name(const TableSource& source, const TableSchema& schema, const std::string& like) {
  std::vector<Index> places;
  std::vector<std::string> absent;
  for (const TableColumn& column : schema.columns) {
    const auto found = std::find(source.names().begin(), source.names().end(), column.name);
    const bool there = found != source.names().end();
    places.push_back(there ? found - source.names().begin() : no_column);
    if (!there && feature_count(column) > 0) absent.push_back(column.name);
  }
  std::vector<std::string> foreign;
  for (const std::string& name : source.names()) {
    const auto known = [&](const TableColumn& column) { return column.name == name; };
    if (std::none_of(schema.columns.begin(), schema.columns.end(), known)) foreign.push_back(name);
  }
  std::vector<std::string> problems;
  if (!absent.empty()) {
    problems.push_back(fmt::format("{} lacks columns that {} was made from: {}{}", source.path(), like,
                                   quoted_list(absent),
                                   foreign.empty() ? "" : " (if its first line is data, say --no-header)"));
  }
  if (!foreign.empty()) {
    problems.push_back(fmt::format("{} has columns that {} was not made from: {}; take them out", source.path(), like,
                                   quoted_list(foreign)));
  }
  if (!problems.empty()) throw RequestError{problems};
  return places;
}

/// In the order of the schema, with or without the target.
std::vector<Index> match_by_position(const TableSource& source, const TableSchema& schema, const std::string& like) {
  const std::size_t columns = schema.columns.size();
  const bool without_target = source.names().size() + 1 == columns;
  if (source.names().size() != columns && !without_target) {
    throw RequestError{fmt::format("{} has {} columns, and {} was made from {} (or {} without the target)",
                                   source.path(), source.names().size(), like, columns, columns - 1)};
  }
  std::vector<Index> places(columns);
  Index next = 0;
  for (std::size_t column = 0; column < columns; ++column) {
    const bool absent = without_target && schema.columns[column].role == ColumnRole::target;
    places[column] = absent ? no_column : next++;
  }
  return places;
}

/// Headers of repeated names are matched by position; then they must agree there, lest a row of data is taken for one.
void require_same_header(const TableSource& source, const TableSchema& schema, const std::vector<Index>& places,
                         const std::string& like) {
  for (std::size_t column = 0; column < places.size(); ++column) {
    const std::string& wanted = schema.columns[column].name;
    if (places[column] == no_column || source.names()[static_cast<std::size_t>(places[column])] == wanted) continue;
    throw RequestError{fmt::format(
        "{} calls column {} '{}', and {} was made from a table that calls it '{}' (if its "
        "first line is data, say --no-header)",
        source.path(), places[column] + 1, source.names()[static_cast<std::size_t>(places[column])], like, wanted)};
  }
}

std::vector<std::string> names_of(const TableSchema& schema) {
  std::vector<std::string> names;
  for (const TableColumn& column : schema.columns) names.push_back(column.name);
  return names;
}

bool all_different(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

Plan plan_like(const TableSource& source, TableSchema schema, const TableImport& request) {
  const bool by_name =
      source.header() && schema.header && all_different(source.names()) && all_different(names_of(schema));
  std::vector<Index> places =
      by_name ? match_by_name(source, schema, request.like) : match_by_position(source, schema, request.like);
  std::vector<std::string> problems;
  if (!by_name && source.header() && schema.header) require_same_header(source, schema, places, request.like);
  const std::string& target = schema.target_column().name;
  if (!request.target.empty() &&
      source.column(request.target, "--target") != places[static_cast<std::size_t>(schema.target())]) {
    problems.push_back(fmt::format("--target {}: {} has the target '{}'; with --like the target need not be said",
                                   request.target, request.like, target));
  }
  if (request.task && *request.task != schema.task) {
    problems.push_back(
        fmt::format("--task {}: {} is for {}", name_of(*request.task), request.like, name_of(schema.task)));
  }
  if (!request.ignored.empty() || !request.categorical.empty()) {
    problems.push_back("--ignore and --categorical cannot be said with --like, which decides what columns are");
  }
  if (!problems.empty()) throw RequestError{problems};
  const MissingPolicy missing = request.missing.value_or(schema.missing);
  return {.schema = std::move(schema),
          .task_reason = fmt::format("like {}", request.like),
          .columns_in_table = std::move(places),
          .missing = missing};
}

/// Encoded rows on their way to the file.
class Block {
 public:
  Block(const DatasetInfo& info, DatasetWriter& writer)
      : writer_{writer},
        features_(static_cast<std::size_t>(info.features)),
        info_{info},
        rows_(static_cast<std::size_t>(std::max(Index{1}, block_values / info.features))) {}

  [[nodiscard]] std::span<float> row() {
    values_.resize((targets_.size() + 1) * features_);
    return std::span{values_}.last(features_);
  }

  void keep(const EncodedTarget& target) {
    targets_.push_back(target);
    if (targets_.size() == rows_) flush();
  }

  void flush() {
    values_.resize(targets_.size() * features_);
    writer_.append_floats(values_);
    if (info_.targets > 0) append_targets();
    values_.clear();
    targets_.clear();
  }

 private:
  void append_targets() {
    if (info_.task == Task::classification) {
      std::vector<Label> labels;
      for (const EncodedTarget& target : targets_) labels.push_back(target.label);
      writer_.append_labels(labels);
    } else {
      std::vector<float> values;
      for (const EncodedTarget& target : targets_) values.push_back(target.value);
      writer_.append_values(values);
    }
  }

  DatasetWriter& writer_;
  std::size_t features_;
  const DatasetInfo& info_;
  std::size_t rows_;
  std::vector<float> values_;
  std::vector<EncodedTarget> targets_;
};

/// Goes through all rows, so that faults are counted to the end, but writes only up to the first.
void encode_rows(const TableSource& source, const Plan& plan, const TableImport& request, DatasetWriter& writer,
                 const WorkProgress& progress, TableReport& report) {
  TableProblems problems{source.path(), request.like};
  TableEncoder encoder{source, plan.schema, plan.columns_in_table, plan.missing, problems};
  Block block{report.info, writer};
  ClassCensus census{"row"};
  const bool classes = report.info.task == Task::classification && report.info.targets > 0 && request.like.empty();
  TableRows rows = source.rows();
  while (rows.next()) {
    EncodedTarget target;
    const TableEncoder::Outcome outcome = encoder.encode(rows, block.row(), target);
    if (outcome == TableEncoder::Outcome::dropped) ++report.dropped_rows;
    if (outcome == TableEncoder::Outcome::kept && problems.empty()) {
      ++report.info.samples;
      block.keep(target);
      if (classes) census.add(target.label, rows.row());
    }
    if (progress && rows.row() % 1024 == 0) progress(plan.surveyed + (1 - plan.surveyed) * rows.fraction());
  }
  problems.throw_if_any();
  if (report.info.samples == 0) throw RequestError{nothing_left(source)};
  block.flush();
  report.filled_values = encoder.filled();
  if (!classes) return;
  for (std::string& warning : census.warnings(source.path(), report.info))
    report.warnings.push_back(std::move(warning));
}

/// Columns that become features.
std::ptrdiff_t count_used(const TableSchema& schema) {
  return std::count_if(schema.columns.begin(), schema.columns.end(),
                       [](const TableColumn& column) { return feature_count(column) > 0; });
}

/// What is odd, and lets itself be lived with.
std::vector<std::string> warnings_about(const TableSource& source, const Plan& plan) {
  std::vector<std::string> warnings = source.warnings();
  if (plan.schema.task == Task::classification && plan.schema.classes.size() == 1) {
    warnings.push_back(
        fmt::format("{}: every row has the target '{}', and training needs two classes; is it the right "
                    "column (--target), and are all rows there?",
                    source.path(), plan.schema.classes.front()));
  }
  return warnings;
}

}  // namespace

TableReport import_table(const TableImport& request, const DatasetOutput& output, const WorkProgress& progress) {
  require_writable(output.path, output.replace, {request.table, request.like});
  std::optional<TableSchema> like;
  TableForm form = request.form;
  if (!request.like.empty()) {
    like = read_schema(request.like);
    if (!form.header) form.header = like->header;
    form.one_column = count_used(*like) == 1;
  } else if (request.target.empty()) {
    throw RequestError{
        "--target is missing: say which column is to be predicted, by name, by position counted from 1, or last"};
  }
  const TableSource source{request.table, form};
  const Plan plan = like ? plan_like(source, *std::move(like), request) : plan_by_survey(source, request, progress);

  TableReport report{.info = plan.schema.info(request.table),
                     .schema = plan.schema,
                     .delimiter = source.delimiter(),
                     .header = source.header(),
                     .task_reason = plan.task_reason,
                     .warnings = warnings_about(source, plan)};
  if (plan.columns_in_table[static_cast<std::size_t>(plan.schema.target())] == no_column) {
    report.info.targets = 0;
    report.info.target_names.clear();
  }
  if (report.info.features == 0) throw RequestError{fmt::format("{}: no column is left as a feature", source.path())};
  DatasetInfo announced = report.info;
  announced.samples = plan.rows;
  DatasetWriter writer{
      output.path, announced, output.layout, output.replace, {{std::string{schema_attribute}, to_json(plan.schema)}}};
  encode_rows(source, plan, request, writer, progress, report);
  writer.close();
  return report;
}

}  // namespace lockstep
