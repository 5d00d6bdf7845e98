// SPDX-License-Identifier: MIT
// One run of a study, and what came of it.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "apps/run_request.hpp"

namespace lockstep {

/// Settings of a cell of the grid where they are not the study's own: names and texts.
using Overrides = std::vector<std::pair<std::string, std::string>>;

/// "dropout=0.5,hidden=512x512", or "base": names a cell, and its folder. The same settings have the same name, so that
/// a run that two questions ask for is made once.
[[nodiscard]] std::string cell_name(const Overrides& overrides);

/// One run: a cell of the grid with one seed.
struct StudyPoint {
  std::string cell;
  std::uint64_t seed = 1;
  Overrides overrides;
  RunRequest request;  ///< complete, `run` too

  [[nodiscard]] std::string name() const { return cell + "/seed-" + std::to_string(seed); }
};

/// What is kept of a run that came to its end.
struct PointRecord {
  bool diverged = false;
  nlohmann::ordered_json content;  ///< cell, seed, settings, status, figures, times; see record_of
};

/// `summary` is the run's, or empty when it diverged for `reasons`. Figures depend on nothing but data, settings and
/// seed; times are apart.
[[nodiscard]] PointRecord record_of(const StudyPoint& point, const nlohmann::ordered_json& summary,
                                    const std::vector<std::string>& reasons);

/// Adds figures that were measured besides, and the names of what was measured.
void add_measured(PointRecord& record, const nlohmann::ordered_json& figures, const std::vector<std::string>& names);

/// Whether all of these were measured, or need not be because the run diverged.
[[nodiscard]] bool has_measured(const PointRecord& record, const std::vector<std::string>& names);

/// The record that `text` holds. Throws FileError naming `path` when it is none.
[[nodiscard]] PointRecord record_in(const std::string& text, const std::string& path);

/// All that is known, by name of the point.
class StudyResults {
 public:
  void add(const std::string& point, PointRecord record) { records_.insert_or_assign(point, std::move(record)); }
  [[nodiscard]] const std::map<std::string, PointRecord>& records() const noexcept { return records_; }

  /// The record of a cell with that seed, or null.
  [[nodiscard]] const PointRecord* find(const std::string& cell, std::uint64_t seed) const;
  /// The figure of that name; NaN when there is none (the run diverged, or does not exist).
  [[nodiscard]] double figure(const std::string& cell, std::uint64_t seed, const std::string& name) const;
  /// The same for each seed.
  [[nodiscard]] std::vector<double> figures(const std::string& cell, const std::vector<std::uint64_t>& seeds,
                                            const std::string& name) const;

 private:
  std::map<std::string, PointRecord> records_;
};

}  // namespace lockstep
