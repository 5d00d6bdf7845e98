// SPDX-License-Identifier: MIT
// What the columns of an imported table became: kept in the data set, so that another table can be read the same way.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/dataset.hpp"

namespace lockstep {

/// What becomes of missing values: an error, their rows are left out, or they are filled.
enum class MissingPolicy { error, drop, fill };

[[nodiscard]] std::string_view name_of(MissingPolicy policy);
/// Throws RequestError that names the three.
[[nodiscard]] MissingPolicy missing_policy_named(std::string_view name);

enum class ColumnRole {
  numeric,      ///< one feature
  categorical,  ///< one feature for each category: 1 for the value's own, 0 for the others
  target,
  ignored,
};

struct TableColumn {
  std::string name;  ///< of the header, or "column3"
  ColumnRole role = ColumnRole::numeric;
  std::vector<std::string> categories{};  ///< categorical: in the order of their bytes
  bool missing_category = false;          ///< categorical: one more feature, the last, for missing values
  std::optional<float> fill{};            ///< numeric: what a missing value becomes
};

/// The attribute of the HDF5 file under which the schema is kept.
inline constexpr std::string_view schema_attribute = "table_schema";

struct TableSchema {
  std::vector<TableColumn> columns;  ///< in the order of the table; one of them is the target
  bool header = false;               ///< names come from the table
  MissingPolicy missing = MissingPolicy::error;
  Task task = Task::regression;
  std::vector<std::string> classes;  ///< classification: texts in the order of their bytes, numbers in their own
  bool numeric_classes = false;      ///< classes are numbers, equal by value ("3.0" is "3")

  /// Index of the target column.
  [[nodiscard]] Index target() const;
  [[nodiscard]] const TableColumn& target_column() const { return columns[static_cast<std::size_t>(target())]; }
  /// The data set that this schema makes: names, features, classes; samples unknown.
  [[nodiscard]] DatasetInfo info(const std::string& name) const;
};

/// Features that one column becomes; 0 for target and ignored.
[[nodiscard]] Index feature_count(const TableColumn& column);

/// As JSON text, specified in TABLES.md; and back. `path` is for messages: throws FileError when it is not such a text.
[[nodiscard]] std::string to_json(const TableSchema& schema);
[[nodiscard]] TableSchema schema_from_json(std::string_view text, const std::string& path);

/// The schema kept in a data set. Throws FileError when there is none (not made from a table).
[[nodiscard]] TableSchema read_schema(const std::string& path);

}  // namespace lockstep
