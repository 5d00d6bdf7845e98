// SPDX-License-Identifier: MIT
// Rows of a table to features and targets, as a schema says.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/table_problems.hpp"
#include "io/table_schema.hpp"
#include "io/table_source.hpp"

namespace lockstep {

/// A row's target: the label of a classification schema, the value of a regression schema.
struct EncodedTarget {
  Label label = 0;
  float value = 0;
};

/// The place of a column that a table has not.
inline constexpr Index no_column = -1;

class TableEncoder {
 public:
  enum class Outcome { kept, dropped, faulty };

  /// `columns_in_table[i]` is where column i of the schema lies in the table (not read for ignored ones); no_column for
  /// a target that the table has not.
  TableEncoder(const TableSource& source, const TableSchema& schema, std::vector<Index> columns_in_table,
               MissingPolicy missing, TableProblems& problems);

  /// Encodes the current row into `features` (feature_count of all columns) and, where the table has it, `target`; what
  /// does not fit goes to the problems.
  Outcome encode(const TableRows& rows, std::span<float> features, EncodedTarget& target);

  [[nodiscard]] Index filled() const noexcept { return filled_; }  ///< values filled so far

 private:
  struct Column {
    const TableColumn* meaning = nullptr;
    Index in_table = 0;
    Index first_feature = 0;
    std::map<std::string_view, Index> categories;
  };

  [[nodiscard]] std::string place(const TableRows& rows, const Column& column, std::string_view field = {}) const;
  [[nodiscard]] bool has_target() const noexcept { return target_.in_table != no_column; }
  [[nodiscard]] bool drops(const TableRows& rows) const;
  bool encode_missing(const TableRows& rows, const Column& column, std::span<float> features);
  bool encode_number(const TableRows& rows, const Column& column, std::string_view field, float& value);
  bool encode_feature(const TableRows& rows, const Column& column, std::span<float> features);
  bool encode_target(const TableRows& rows, EncodedTarget& target);
  bool encode_class(const TableRows& rows, std::string_view field, Label& label);

  const TableSource& source_;
  const TableSchema& schema_;
  MissingPolicy missing_;
  TableProblems& problems_;
  std::vector<Column> features_;
  Column target_;
  std::map<std::string, Label, std::less<>> classes_;
  Index filled_ = 0;
};

}  // namespace lockstep
