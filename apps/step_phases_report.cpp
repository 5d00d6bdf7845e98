// SPDX-License-Identifier: MIT
// Phases as columns.
#include "apps/step_phases_report.hpp"

#include <algorithm>

#include "apps/table.hpp"

namespace lockstep {
namespace {

std::string cell(const StepPhase& phase) {
  return phase.of_peak > 0 ? percent(phase.of_time) + " at " + percent(phase.of_peak) : percent(phase.of_time);
}

}  // namespace

std::string phases_table(const std::vector<PhasedCase>& cases) {
  Table table;
  for (std::size_t line = 0; line <= cases.size(); ++line) {
    const bool head = line == 0;
    const PhasedCase& one = cases[head ? 0 : line - 1];
    std::vector<std::string> row{"net", "batch", "of peak"};
    if (!head) row = {one.net, std::to_string(one.batch_size), percent(one.measured.of_peak)};
    for (std::size_t i = 0; i < one.measured.phases.size(); ++i) {
      if (std::ranges::all_of(cases, [&](const PhasedCase& each) { return each.measured.phases[i].of_time == 0; }))
        continue;
      const StepPhase& phase = one.measured.phases[i];
      row.push_back(head ? std::string{phase.name} : cell(phase));
    }
    table.add(std::move(row));
  }
  return table.text();
}

}  // namespace lockstep
