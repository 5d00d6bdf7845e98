// SPDX-License-Identifier: MIT
// Phases as columns.
#include "apps/step_phases_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/table.hpp"

namespace lockstep {
namespace {

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

std::string cell(const StepPhases& measured, std::string_view name) {
  const auto phase = std::ranges::find(measured.phases, name, &StepPhase::name);
  if (phase == measured.phases.end()) return "-";
  return phase->of_peak > 0 ? percent(phase->of_time) + " at " + percent(phase->of_peak) : percent(phase->of_time);
}

}  // namespace

std::string phases_table(const std::vector<PhasedCase>& cases) {
  std::vector<std::string_view> names;
  for (const PhasedCase& each : cases)
    if (each.measured.phases.size() > names.size()) {
      names.clear();
      for (const StepPhase& phase : each.measured.phases) names.push_back(phase.name);
    }
  Table table;
  std::vector<std::string> row{"net", "batch", "of peak"};
  row.insert(row.end(), names.begin(), names.end());
  table.add(row);
  for (const PhasedCase& each : cases) {
    row = {each.net, std::to_string(each.batch_size), percent(each.measured.of_peak)};
    for (const std::string_view name : names) row.push_back(cell(each.measured, name));
    table.add(row);
  }
  return table.text();
}

}  // namespace lockstep
