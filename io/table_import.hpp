// SPDX-License-Identifier: MIT
// From a table of delimited text to a data set.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/dataset_output.hpp"
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
  bool header = false;      ///< had the table one?
  std::string task_reason;  ///< for people
  Index dropped_rows = 0;
  Index filled_values = 0;
  std::vector<std::string> warnings;  ///< what is odd about the table, a sentence each
};

/// Reads the table twice, three times with MissingPolicy::fill, once with `like`; memory depends on its columns,
/// not on its rows. The schema goes into the data set (see read_schema). With `like`, the
/// table has a header where that one's had, unless said; columns are matched by name where both have one, else by
/// position, and the target's may be absent (report.info.targets is then 0). Throws FileError or RequestError, all
/// faults together, each value that does not fit named by row, column and value: the first places and the number of the
/// rest. Then nothing is written.
TableReport import_table(const TableImport& request, const DatasetOutput& output, const WorkProgress& progress = {});

}  // namespace lockstep
