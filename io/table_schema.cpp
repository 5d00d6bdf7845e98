// SPDX-License-Identifier: MIT
// Schemas to and from JSON, and the data sets that they describe.
#include "io/table_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/names.hpp"
#include "io/dataset_file.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

constexpr int schema_version = 1;
constexpr std::array<Named<ColumnRole>, 4> roles{{{ColumnRole::numeric, "numeric"},
                                                  {ColumnRole::categorical, "categorical"},
                                                  {ColumnRole::target, "target"},
                                                  {ColumnRole::ignored, "ignored"}}};
constexpr std::array<Named<MissingPolicy>, 3> policies{
    {{MissingPolicy::error, "error"}, {MissingPolicy::drop, "drop"}, {MissingPolicy::fill, "fill"}}};

Json to_json(const TableColumn& column) {
  Json json{{"name", column.name}, {"role", text_in(roles, column.role)}};
  if (column.role == ColumnRole::categorical) {
    json["categories"] = column.categories;
    json["missing_category"] = column.missing_category;
  }
  if (column.fill) json["fill"] = *column.fill;
  return json;
}

TableColumn column_from(const Json& json) {
  TableColumn column{.name = json.at("name").get<std::string>()};
  column.role = value_in(roles, "role", json.at("role").get<std::string>());
  if (column.role == ColumnRole::categorical) {
    column.categories = json.at("categories").get<std::vector<std::string>>();
    column.missing_category = json.at("missing_category").get<bool>();
  }
  if (json.contains("fill")) column.fill = json.at("fill").get<float>();
  return column;
}

TableSchema schema_from(const Json& json) {
  if (const int version = json.at("version").get<int>(); version != schema_version) {
    throw RequestError{fmt::format("version {} instead of {}", version, schema_version)};
  }
  TableSchema schema;
  schema.header = json.at("header").get<bool>();
  schema.missing = missing_policy_named(json.at("missing").get<std::string>());
  schema.task = task_named(json.at("task").get<std::string>());
  if (schema.task == Task::classification) {
    schema.classes = json.at("classes").get<std::vector<std::string>>();
    schema.numeric_classes = json.at("numeric_classes").get<bool>();
  }
  for (const Json& column : json.at("columns")) schema.columns.push_back(column_from(column));
  const auto is_target = [](const TableColumn& column) { return column.role == ColumnRole::target; };
  if (std::count_if(schema.columns.begin(), schema.columns.end(), is_target) != 1) {
    throw RequestError{"not one target column"};
  }
  return schema;
}

void add_feature_names(const TableColumn& column, std::vector<std::string>& names) {
  if (column.role == ColumnRole::numeric) names.push_back(column.name);
  if (column.role != ColumnRole::categorical) return;
  for (const std::string& category : column.categories) names.push_back(fmt::format("{}={}", column.name, category));
  if (column.missing_category) names.push_back(fmt::format("{}=(missing)", column.name));
}

}  // namespace

std::string_view name_of(MissingPolicy policy) { return text_in(policies, policy); }
MissingPolicy missing_policy_named(std::string_view name) { return value_in(policies, "--missing", name); }

Index feature_count(const TableColumn& column) {
  if (column.role == ColumnRole::numeric) return 1;
  if (column.role != ColumnRole::categorical) return 0;
  return static_cast<Index>(column.categories.size()) + (column.missing_category ? 1 : 0);
}

Index TableSchema::target() const {
  return std::find_if(columns.begin(), columns.end(),
                      [](const TableColumn& column) { return column.role == ColumnRole::target; }) -
         columns.begin();
}

DatasetInfo TableSchema::info(const std::string& name) const {
  DatasetInfo info;
  info.name = name;
  info.task = task;
  info.classes = static_cast<Index>(classes.size());
  info.class_names = classes;
  for (const TableColumn& column : columns) add_feature_names(column, info.feature_names);
  info.features = static_cast<Index>(info.feature_names.size());
  info.feature_shape = {info.features};
  info.target_names = {target_column().name};
  return info;
}

std::string to_json(const TableSchema& schema) {
  Json json{{"version", schema_version},
            {"header", schema.header},
            {"missing", name_of(schema.missing)},
            {"task", name_of(schema.task)}};
  if (schema.task == Task::classification) {
    json["classes"] = schema.classes;
    json["numeric_classes"] = schema.numeric_classes;
  }
  json["columns"] = Json::array();
  for (const TableColumn& column : schema.columns) json["columns"].push_back(to_json(column));
  return json.dump();
}

TableSchema schema_from_json(std::string_view text, const std::string& path) {
  try {
    return schema_from(Json::parse(text));
  } catch (const nlohmann::json::exception& failure) {
    throw FileError{path, fmt::format("its attribute {} is damaged ({})", schema_attribute, failure.what())};
  } catch (const RequestError& failure) {
    throw FileError{path, fmt::format("its attribute {} is of another version of this program or damaged ({})",
                                      schema_attribute, failure.what())};
  }
}

TableSchema read_schema(const std::string& path) {
  const std::string text = extra_attribute(path, schema_attribute);
  if (text.empty()) throw FileError{path, "was not made from a table, so no table can be read like it"};
  return schema_from_json(text, path);
}

}  // namespace lockstep
