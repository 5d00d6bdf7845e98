// SPDX-License-Identifier: MIT
// Names of cells, and records as JSON.
#include "apps/study/study_point.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

/// Of a run's summary, what is a number and depends on the machine.
bool is_time(const std::string& name) {
  static const std::vector<std::string> names{
      "samples_per_second", "training_seconds", "wall_seconds", "ranks", "threads", "continued_after_step", "versions"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

Json figures_of(const Json& summary) {
  Json figures = Json::object();
  for (const auto& item : summary.items()) {
    if (is_time(item.key()) || !(item.value().is_number() || item.value().is_boolean())) continue;
    figures[item.key()] = item.value();
  }
  for (const std::string part : {"train", "validation", "test"})
    if (summary.contains(part + "_accuracy"))
      figures[part + "_error"] = 1 - summary.at(part + "_accuracy").get<double>();
  return figures;
}

}  // namespace

std::string cell_name(const Overrides& overrides) {
  if (overrides.empty()) return "base";
  std::string name;
  for (const auto& [setting, text] : overrides) {
    std::string value = text.empty() ? "none" : text;
    std::replace(value.begin(), value.end(), ',', 'x');
    std::replace(value.begin(), value.end(), '/', '_');
    if (!name.empty()) name += ',';
    name += setting + '=' + value;
  }
  return name;
}

PointRecord record_of(const StudyPoint& point, const Json& summary, const std::vector<std::string>& reasons) {
  PointRecord record{.diverged = summary.empty()};
  Json& content = record.content;
  content["cell"] = point.cell;
  content["seed"] = point.seed;
  content["settings"] = Json::object();
  for (const auto& [setting, text] : point.overrides) content["settings"][setting] = text;
  content["status"] = record.diverged ? "diverged" : "finished";
  if (record.diverged) {
    content["reasons"] = reasons;
    return record;
  }
  content["weights_hash"] = summary.value("weights_hash", "");
  content["figures"] = figures_of(summary);
  content["times"] = Json::object();
  for (const auto& item : summary.items())
    if (is_time(item.key()) && item.value().is_number()) content["times"][item.key()] = item.value();
  return record;
}

void add_measured(PointRecord& record, const Json& figures, const std::vector<std::string>& names) {
  for (const auto& item : figures.items()) record.content["figures"][item.key()] = item.value();
  for (const std::string& name : names) record.content["measured"].push_back(name);
}

bool has_measured(const PointRecord& record, const std::vector<std::string>& names) {
  if (record.diverged) return true;
  const Json measured = record.content.value("measured", Json::array());
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(measured.begin(), measured.end(), name) != measured.end();
  });
}

PointRecord record_in(const std::string& text, const std::string& path) {
  Json content = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!content.is_object() || !content.contains("status"))
    throw FileError(path, "is not the record of a run that a study writes; remove it and run the same command again");
  return {.diverged = content.at("status") == "diverged", .content = std::move(content)};
}

const PointRecord* StudyResults::find(const std::string& cell, std::uint64_t seed) const {
  const auto found = records_.find(StudyPoint{.cell = cell, .seed = seed}.name());
  return found == records_.end() ? nullptr : &found->second;
}

double StudyResults::figure(const std::string& cell, std::uint64_t seed, const std::string& name) const {
  const PointRecord* record = find(cell, seed);
  if (record == nullptr || record->diverged) return std::numeric_limits<double>::quiet_NaN();
  const Json& figures = record->content.at("figures");
  const auto found = figures.find(name);
  return found != figures.end() && found->is_number() ? found->get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::vector<double> StudyResults::figures(const std::string& cell, const std::vector<std::uint64_t>& seeds,
                                          const std::string& name) const {
  std::vector<double> values;
  for (const std::uint64_t seed : seeds) values.push_back(figure(cell, seed, name));
  return values;
}

}  // namespace lockstep
