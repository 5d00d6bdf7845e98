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
  const std::vector<StepPhase>& all = cases.front().measured.phases;
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (std::ranges::any_of(cases, [i](const PhasedCase& one) { return one.measured.phases[i].of_time != 0; }))
      shown.push_back(i);
  Table table;
  std::vector<std::string> head{"net", "batch", "of peak"};
  for (const std::size_t i : shown) head.emplace_back(all[i].name);
  table.add(std::move(head));
  for (const PhasedCase& one : cases) {
    std::vector<std::string> row{one.net, std::to_string(one.batch_size), percent(one.measured.of_peak())};
    for (const std::size_t i : shown) row.push_back(cell(one.measured.phases[i]));
    table.add(std::move(row));
  }
  return table.text();
}

}  // namespace lockstep
