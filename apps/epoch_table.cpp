// SPDX-License-Identifier: MIT
// Columns of the epoch table.
#include "apps/epoch_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "apps/metrics_report.hpp"
#include "apps/table.hpp"

namespace lockstep {

EpochTable::EpochTable(Task task, Index epochs, bool validation)
    : task_{task}, epochs_{epochs}, validation_{validation} {}

std::string EpochTable::heading() const {
  const std::string_view figure = main_figure_name(task_);
  std::string line = fmt::format("{:>9}  {:>8}  {:>10}  {:>9}", "epoch", "steps", "train loss", figure);
  if (validation_) line += fmt::format("  {:>10}  {:>9}", "validation", figure);
  return line + fmt::format("  {:>11}", "samples/s");
}

std::string EpochTable::row(const EpochReport& report) const {
  const std::string epoch = epochs_ > 0 ? fmt::format("{}/{}", report.epoch, epochs_) : fmt::format("{}", report.epoch);
  std::string line = fmt::format("{:>9}  {:>8}  {:>10}  {:>9}", epoch, report.step, short_number(report.train.loss),
                                 short_number(main_figure(task_, report.train)));
  if (validation_ && report.validation)
    line += fmt::format("  {:>10}  {:>9}", short_number(report.validation->loss),
                        short_number(main_figure(task_, *report.validation)));
  line += fmt::format("  {:>11}", with_thousands(report.samples_per_second));
  return report.best ? line + "  best" : line;
}

bool EpochTable::shows(Index epoch) const {
  constexpr Index most_epochs_in_full = 40;
  constexpr Index parts = 20;
  if (epochs_ <= most_epochs_in_full) return true;
  return epoch == 1 || epoch == epochs_ || epoch % std::max<Index>(1, epochs_ / parts) == 0;
}

}  // namespace lockstep
