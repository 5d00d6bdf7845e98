// SPDX-License-Identifier: MIT
// lockstep data import
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <nlohmann/json.hpp>

#include "apps/data_command.hpp"
#include "apps/json_text.hpp"
#include "apps/table.hpp"
#include "core/error.hpp"
#include "io/byte_source.hpp"
#include "io/idx_import.hpp"
#include "io/table_import.hpp"
#include "io/text_format.hpp"

namespace lockstep {
namespace {

/// Flags that only one of the two kinds of input takes.
struct TableFlags {
  std::string target;
  std::string delimiter;
  bool header = false;
  bool no_header = false;
  std::string missing;
  std::string task;
  std::vector<std::string> ignored;
  std::vector<std::string> categorical;
};

void add_flags(CLI::App& command, TableFlags& flags) {
  const char* group = "Tables";
  command.add_option("--target", flags.target, "The column to predict: its name, its position counted from 1, or last")
      ->type_name("COLUMN")
      ->group(group);
  command
      .add_option("--task", flags.task,
                  "What to predict; unless said, classification when the target is text or at most 20 different whole "
                  "numbers that occur twice on average, else regression")
      ->type_name("classification|regression")
      ->group(group);
  command
      .add_option("--missing", flags.missing,
                  "What to do about missing values (empty, ?, NA, NaN): drop leaves such rows out, fill puts in the "
                  "median or an own category [error]")
      ->type_name("error|drop|fill")
      ->group(group);
  command.add_option("--ignore", flags.ignored, "Columns to leave out, separated by commas")
      ->type_name("COLUMNS")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  command.add_option("--categorical", flags.categorical, "Columns of categories although they look like numbers")
      ->type_name("COLUMNS")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  command
      .add_option("--delimiter", flags.delimiter,
                  "comma, semicolon, tab, blanks or one character; unless said, detected")
      ->type_name("NAME")
      ->group(group);
  command.add_flag("--header", flags.header, "The first line holds the names of the columns; unless said, detected")
      ->group(group);
  command.add_flag("--no-header", flags.no_header, "The first line is data")->group(group);
}

bool is_idx(const std::string& path) {
  std::array<char, 4> magic{1, 1, 1, 1};
  ByteSource{path}.read(magic);
  return magic[0] == 0 && magic[1] == 0 && magic[2] >= 8 && magic[2] <= 14 && magic[3] > 0;
}

class DataImport {
 public:
  DataImport(CLI::App& command, CommandContext& context) : context_{context}, command_{command}, output_{command} {
    command
        .add_option("TABLE|IMAGES", input_,
                    "Delimited text, or the images of a pair of IDX files; may be gzip-compressed")
        ->required();
    command.add_option("OUT.h5|LABELS", second_, "The file to make; for IDX the file of labels")->required();
    command.add_option("OUT.h5", third_, "For IDX the file to make");
    command.add_option("--like", like_, "A data set whose columns, categories, classes and fill values to take over")
        ->type_name("TRAIN.h5");
    add_json_flag(command, json_);
    add_flags(command, table_);
    command.add_option("--class-names", class_names_, "Names of the classes 0, 1, 2, ..., separated by commas")
        ->type_name("NAMES")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->group("IDX");
    command.footer(
        std::string{"Columns of text become one feature for each category. Names, categories, classes and fill values\n"
                    "are kept in the file, for --like. A table read like another may lack the target's column: what\n"
                    "comes of it serves 'lockstep predict'.\n\n"} +
        data_exit_statuses +
        "\n\n"
        "Examples:\n"
        "  lockstep data import housing.csv housing.h5 --target median_house_value --missing fill\n"
        "  lockstep data import train.csv train.h5 --target last --task classification\n"
        "  lockstep data import test.csv test.h5 --like train.h5\n"
        "  lockstep data import train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz train.h5");
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    on_first_rank(context_.mpi.world(), [&] { third_.empty() ? import_text() : import_images(); });
    return exit_done;
  }

 private:
  /// Throws for flags of the other kind of input.
  void refuse(const char* group, const char* input) const {
    std::vector<std::string> problems;
    for (const CLI::Option* option : command_.get_options()) {
      if (option->get_group() != group || option->count() == 0) continue;
      problems.push_back(fmt::format("--{} cannot be said of {}; leave it out", option->get_lnames().front(), input));
    }
    if (!problems.empty()) throw RequestError{problems};
  }

  void import_images() {
    refuse("Tables", "IDX files (two inputs)");
    const IdxImport request{.images = input_, .labels = second_, .class_names = class_names_, .like = like_};
    IdxReport report;
    with_progress(context_.console, "import", [&](const WorkProgress& progress) {
      report = import_idx(request, output_.output(third_), progress);
    });
    for (const std::string& warning : report.warnings) context_.console.note("warning: " + warning);
    context_.console.out(headline(report.info, third_));
    nlohmann::ordered_json result = object(report.info, third_);
    result["warnings"] = report.warnings;
    if (json_) context_.console.json(json_text(result));
  }

  [[nodiscard]] TableImport table_request() const {
    if (table_.header && table_.no_header)
      throw RequestError{"--header and --no-header contradict each other; say one"};
    TableImport request;
    request.table = input_;
    request.target = table_.target;
    request.ignored = table_.ignored;
    request.categorical = table_.categorical;
    request.like = like_;
    if (!table_.delimiter.empty()) request.form.delimiter = delimiter_named(table_.delimiter);
    if (table_.header || table_.no_header) request.form.header = table_.header;
    if (!table_.missing.empty()) request.missing = missing_policy_named(table_.missing);
    if (!table_.task.empty()) request.task = task_named(table_.task, "--task");
    return request;
  }

  void import_text() {
    refuse("IDX", "a table (one input)");
    if (is_idx(input_)) {
      throw RequestError{
          fmt::format("{} is an IDX file; name its partner too: data import IMAGES LABELS OUT.h5", input_)};
    }
    const TableImport request = table_request();
    TableReport report;
    with_progress(context_.console, "import", [&](const WorkProgress& progress) {
      report = import_table(request, output_.output(second_), progress);
    });
    for (const std::string& warning : report.warnings) context_.console.note("warning: " + warning);
    context_.console.out(text(report));
    if (json_) context_.console.json(json_text(object(report)));
  }

  static std::string headline(const DatasetInfo& info, const std::string& path) {
    const std::string targets = info.targets == 0                   ? "no targets"
                                : info.task == Task::classification ? counted(info.classes, "class", "classes")
                                                                    : "regression";
    return fmt::format("{}: {}, {}, {}", path, counted(info.samples, "sample", "samples"),
                       counted(info.features, "feature", "features"), targets);
  }

  [[nodiscard]] std::string text(const TableReport& report) const {
    std::string text = headline(report.info, second_);
    const std::string& target = report.schema.target_column().name;
    text += report.info.targets > 0
                ? fmt::format("\n{} of '{}' ({})", name_of(report.info.task), target, report.task_reason)
                : fmt::format("\nthe table has no column '{}', so this is for 'lockstep predict' only", target);
    text +=
        fmt::format("\nread as {}, {} header", name_of_delimiter(report.delimiter), report.header ? "with" : "without");
    if (report.dropped_rows > 0) {
      text += fmt::format("\nleft out {} with missing values", counted(report.dropped_rows, "row", "rows"));
    }
    if (report.filled_values > 0)
      text += fmt::format("\nfilled {}", counted(report.filled_values, "missing value", "missing values"));
    return text;
  }

  static nlohmann::ordered_json object(const DatasetInfo& info, const std::string& path) {
    return {{"path", path},
            {"task", name_of(info.task)},
            {"samples", info.samples},
            {"features", info.features},
            {"classes", info.classes},
            {"class_names", info.class_names}};
  }

  [[nodiscard]] nlohmann::ordered_json object(const TableReport& report) const {
    nlohmann::ordered_json result = object(report.info, second_);
    result["feature_names"] = report.info.feature_names;
    result["target"] = report.schema.target_column().name;
    result["has_targets"] = report.info.targets > 0;
    result["warnings"] = report.warnings;
    result["task_reason"] = report.task_reason;
    result["delimiter"] = name_of_delimiter(report.delimiter);
    result["header"] = report.header;
    result["dropped_rows"] = report.dropped_rows;
    result["filled_values"] = report.filled_values;
    return result;
  }

  CommandContext& context_;
  CLI::App& command_;
  OutputFlags output_;
  std::string input_;
  std::string second_;
  std::string third_;  ///< empty for tables
  TableFlags table_;
  std::vector<std::string> class_names_;
  std::string like_;
  bool json_ = false;
};

}  // namespace

void add_data_import(CLI::App& data, CommandContext& context) {
  CLI::App* command = data.add_subcommand("import", "Make a data set from a table of text or from IDX files");
  const auto import = std::make_shared<DataImport>(*command, context);
  command->callback([import, &context] { context.run = [import] { return import->run(); }; });
}

}  // namespace lockstep
