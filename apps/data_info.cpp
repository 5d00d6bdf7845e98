// SPDX-License-Identifier: MIT
// lockstep data info
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/data_command.hpp"
#include "apps/json_text.hpp"
#include "apps/table.hpp"
#include "io/dataset_summary.hpp"
#include "io/table_schema.hpp"

namespace lockstep {
namespace {

/// More than these many features or classes are not listed one by one for people.
constexpr std::size_t most_listed = 40;

std::string name_or_number(const std::vector<std::string>& names, std::size_t index) {
  return names.empty() ? fmt::format("{}", index) : names[index];
}

void add_row(Table& table, const std::string& name, const ValueSummary& summary) {
  table.add({name, fmt::format("{:.6g}", summary.least), fmt::format("{:.6g}", summary.greatest),
             fmt::format("{:.6g}", summary.mean), fmt::format("{:.6g}", summary.deviation)});
}

std::string value_table(const char* what, const std::vector<std::string>& names,
                        const std::vector<ValueSummary>& values) {
  Table table;
  table.add({what, "least", "greatest", "mean", "deviation"});
  if (values.size() > most_listed) {
    add_row(table, fmt::format("all {}", values.size()), over_all(values));
  } else {
    for (std::size_t i = 0; i < values.size(); ++i) add_row(table, name_or_number(names, i), values[i]);
  }
  return table.text();
}

std::string class_table(const DatasetInfo& info, const std::vector<Index>& class_samples) {
  Table table;
  table.add({"class", "samples", "share"});
  for (std::size_t i = 0; i < std::min(most_listed, class_samples.size()); ++i) {
    const double share = static_cast<double>(class_samples[i]) / static_cast<double>(info.samples);
    table.add({name_or_number(info.class_names, i), with_thousands(static_cast<double>(class_samples[i])),
               fmt::format("{:.1f} %", 100 * share)});
  }
  if (class_samples.size() > most_listed) table.add({fmt::format("and {} more", class_samples.size() - most_listed)});
  return table.text();
}

std::string storage_of(const DatasetInfo& info, const DatasetStorage& storage) {
  const std::string type = storage.type + (info.byte_features ? ", divided by 255" : "");
  if (storage.chunk_samples == 0) return fmt::format("{}, contiguous", type);
  return fmt::format("{}, in chunks of {}", type, counted(storage.chunk_samples, "sample", "samples"));
}

std::string shape_of(const DatasetInfo& info) {
  if (info.feature_shape.size() < 2) return with_thousands(static_cast<double>(info.features));
  return fmt::format("{} ({})", info.features, fmt::join(info.feature_shape, " x "));
}

std::string task_of(const DatasetInfo& info) {
  if (info.targets == 0) return "no targets: for 'lockstep predict' only";
  if (info.task == Task::classification) return fmt::format("classification into {} classes", info.classes);
  if (info.target_names.empty()) return fmt::format("regression of {}", counted(info.targets, "target", "targets"));
  return fmt::format("regression of {}", fmt::join(info.target_names, ", "));
}

nlohmann::ordered_json json_of(const std::vector<std::string>& names, const std::vector<ValueSummary>& values) {
  auto list = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < values.size(); ++i) {
    list.push_back({{"name", name_or_number(names, i)},
                    {"least", values[i].least},
                    {"greatest", values[i].greatest},
                    {"mean", values[i].mean},
                    {"deviation", values[i].deviation}});
  }
  return list;
}

class DataInfo {
 public:
  DataInfo(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("FILE.h5", path_, "The data set")->required();
    add_json_flag(command, json_);
    command.footer(
        "Exit status: 0 done; 2 the file cannot be read.\n\n"
        "Examples:\n  lockstep data info train.h5\n  lockstep data info train.h5 --json");
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    on_first_rank(context_.mpi.world(), [&] { describe(); });
    return exit_done;
  }

 private:
  void describe() {
    const std::unique_ptr<Dataset> data = open_dataset(path_, TargetsWanted::optional);
    DatasetSummary summary;
    with_progress(context_.console, "read",
                  [&](const WorkProgress& progress) { summary = summarize(*data, progress); });
    std::string schema = extra_attribute(path_, schema_attribute);
    if (!schema.empty()) schema = to_json(schema_from_json(schema, path_));  // complete, or an error
    context_.console.out(text(data->info(), summary, !schema.empty()));
    if (json_) context_.console.json(json_text(object(data->info(), summary, schema)));
  }

  [[nodiscard]] std::string text(const DatasetInfo& info, const DatasetSummary& summary, bool from_table) const {
    std::error_code gone;
    const auto bytes = static_cast<double>(std::filesystem::file_size(path_, gone));
    std::vector<std::pair<std::string, std::string>> entries{
        {"file", fmt::format("{} ({} bytes)", path_, with_thousands(bytes))},
        {"task", task_of(info)},
        {"samples", with_thousands(static_cast<double>(info.samples))},
        {"features", shape_of(info)},
        {"stored as", storage_of(info, dataset_storage(path_))}};
    if (from_table) entries.emplace_back("made from", "a table; --like can read others the same way");
    std::string result = listing(entries);
    if (!summary.class_samples.empty()) result += "\n\n" + class_table(info, summary.class_samples);
    if (!summary.targets.empty()) {
      result += "\n\n" + value_table("target", info.target_names, summary.targets);
    }
    return result + "\n\n" + value_table("feature", info.feature_names, summary.features);
  }

  [[nodiscard]] nlohmann::ordered_json object(const DatasetInfo& info, const DatasetSummary& summary,
                                              const std::string& schema) const {
    const DatasetStorage storage = dataset_storage(path_);
    std::error_code gone;
    nlohmann::ordered_json object{{"path", path_},
                                  {"bytes", std::filesystem::file_size(path_, gone)},
                                  {"task", info.targets == 0 ? "none" : name_of(info.task)},
                                  {"samples", info.samples},
                                  {"features", info.features},
                                  {"feature_shape", info.feature_shape},
                                  {"feature_type", storage.type},
                                  {"chunk_samples", storage.chunk_samples}};
    if (!summary.class_samples.empty()) {
      object["classes"] = info.classes;
      object["class_names"] = info.class_names;
      object["class_samples"] = summary.class_samples;
    } else if (!summary.targets.empty()) {
      object["targets"] = json_of(info.target_names, summary.targets);
    }
    object["feature_values"] = json_of(info.feature_names, summary.features);
    if (!schema.empty()) object["table_schema"] = nlohmann::ordered_json::parse(schema);
    return object;
  }

  CommandContext& context_;
  std::string path_;
  bool json_ = false;
};

}  // namespace

void add_data_info(CLI::App& data, CommandContext& context) {
  CLI::App* command = data.add_subcommand("info", "Show what a data set holds: samples, classes, values");
  const auto info = std::make_shared<DataInfo>(*command, context);
  command->callback([info, &context] { context.run = [info] { return info->run(); }; });
}

}  // namespace lockstep
