// SPDX-License-Identifier: MIT
// Columns are what any run has.
#include "apps/study/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/csv_text.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

/// Names in `part` of any record whose value is no array, in the order in which they first come.
std::vector<std::string> columns_of(const StudyResults& results, const char* part) {
  std::vector<std::string> names;
  for (const auto& [name, record] : results.records()) {
    if (!record.content.contains(part)) continue;
    for (const auto& item : record.content.at(part).items())
      if (!item.value().is_structured() && std::find(names.begin(), names.end(), item.key()) == names.end())
        names.push_back(item.key());
  }
  return names;
}

std::string csv(const StudyResults& results, const std::vector<const char*>& parts) {
  std::string text = "cell,seed,status";
  std::vector<std::pair<const char*, std::vector<std::string>>> columns;
  for (const char* part : parts) columns.emplace_back(part, columns_of(results, part));
  for (const auto& [part, names] : columns)
    for (const std::string& name : names) text += fmt::format(",{}", csv_cell(name));
  text += "\n";
  for (const auto& [name, record] : results.records()) {
    const Json& content = record.content;
    text += csv_cell(content.at("cell")) + "," + csv_cell(content.at("seed")) + "," + csv_cell(content.at("status"));
    for (const auto& [part, names] : columns)
      for (const std::string& column : names) {
        text += ",";
        if (content.contains(part) && content.at(part).contains(column)) text += csv_cell(content.at(part).at(column));
      }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string results_csv(const StudyResults& results) {
  // The hash goes along as a figure.
  StudyResults with_hash;
  for (const auto& [name, record] : results.records()) {
    PointRecord copy = record;
    if (copy.content.contains("figures"))
      copy.content["figures"]["weights_hash"] = copy.content.value("weights_hash", "");
    with_hash.add(name, std::move(copy));
  }
  return csv(with_hash, {"settings", "figures"});
}

std::string times_csv(const StudyResults& results) { return csv(results, {"times"}); }

}  // namespace lockstep
