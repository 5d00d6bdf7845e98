// SPDX-License-Identifier: MIT
// From a table of delimited text to a data set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/import_output.hpp"
#include "io/table_schema.hpp"
#include "io/table_source.hpp"

namespace lockstep {

/// Columns are given by name, by position counted from 1, or as "last".
struct TableImport {
  std::string table;  ///< plain or gzip
  TableForm form;
  std::string target;                    ///< a column; may be "" with `like`
  std::vector<std::string> ignored;      ///< columns to leave out
  std::vector<std::string> categorical;  ///< columns of categories, even where they look like numbers
  std::optional<MissingPolicy> missing;  ///< unset: error, or as the data set to be like had it
  std::optional<Task> task;              ///< unset: decided by the target
  std::string like;                      ///< a data set made from a table: its columns, categories, classes and fills
};

struct TableReport {
  DatasetInfo info;
  TableSchema schema;
  char delimiter = ',';
  std::string task_reason;  ///< for people
  Index dropped_rows = 0;
  Index filled_values = 0;
};

/// Reads the table twice, three times with MissingPolicy::fill, once with `like`; memory depends on its columns, not
/// its rows. The schema goes into the data set (see read_schema). Columns are matched with those of `like` by name
/// where both have a header, else by position. Throws FileError or RequestError, all faults together, each value that
/// does not fit named by row, column and value: the first places and the number of the rest. Then nothing is written.
TableReport import_table(const TableImport& request, const ImportOutput& output, const ImportProgress& progress = {});

}  // namespace lockstep
