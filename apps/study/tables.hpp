// SPDX-License-Identifier: MIT
// Tables and curves from cells and seeds, as all studies make them.
#pragma once

#include <string>
#include <vector>

#include "apps/study/report.hpp"
#include "apps/study/study.hpp"
#include "apps/study/study_point.hpp"

namespace lockstep {

/// A row of a table: what it is called, and the cell of the grid.
struct NamedCell {
  std::string name;
  Overrides overrides;
};

/// Figures of cells over seeds.
class CellFigures {
 public:
  CellFigures(const StudyResults& results, std::vector<std::uint64_t> seeds)
      : results_{results}, seeds_{std::move(seeds)} {}

  [[nodiscard]] const StudyResults& results() const noexcept { return results_; }
  [[nodiscard]] const std::vector<std::uint64_t>& seeds() const noexcept { return seeds_; }
  [[nodiscard]] Estimate estimate(const Overrides& cell, const std::string& figure) const;
  /// The estimate as text, with the runs that diverged behind it.
  [[nodiscard]] std::string text(const Overrides& cell, const std::string& figure) const;
  /// How many of the cell's runs diverged.
  [[nodiscard]] std::size_t diverged(const Overrides& cell) const;

  /// A row for each cell, a column for each figure (its name, and its heading).
  [[nodiscard]] ReportTable table(const std::string& caption, const std::string& first_heading,
                                  const std::vector<NamedCell>& cells,
                                  const std::vector<std::pair<std::string, std::string>>& figures) const;
  /// A point for each cell whose figure is known; x by place, or the number that is the cell's name.
  [[nodiscard]] PlotSeries curve(const std::string& title, const std::vector<NamedCell>& cells,
                                 const std::string& figure, bool by_name = true) const;

 private:
  const StudyResults& results_;
  std::vector<std::uint64_t> seeds_;
};

/// What a page calls the data: the name of its file.
[[nodiscard]] std::string data_name(const DatasetInfo& data);

/// "test error", of "test_error".
[[nodiscard]] std::string words_of(std::string figure);

/// One point for each cell.
void want(std::vector<WantedPoint>& points, const std::vector<NamedCell>& cells, std::uint64_t seed);

}  // namespace lockstep
