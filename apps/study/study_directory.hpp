// SPDX-License-Identifier: MIT
// Everything a study leaves behind, and whose it is.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "apps/study/study_point.hpp"

namespace lockstep {

/// OUT/study.json (what the study is of), runs/CELL/seed-N/ (run directories), runs/CELL/seed-N.json (what came of
/// each), results.csv, results.json, report.html and plots/. Files appear complete or not at all.
class StudyDirectory {
 public:
  explicit StudyDirectory(std::string path) : path_{std::move(path)} {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] std::string run(const std::string& point) const { return path_ + "/runs/" + point; }
  [[nodiscard]] std::string record(const std::string& point) const { return run(point) + ".json"; }

  /// Makes the directory and writes study.json, or looks whether the study that began there is the same: `identity` is
  /// an object of texts. Throws RequestError that lists the differences. Rank 0 only.
  void claim(const nlohmann::ordered_json& identity) const;

  [[nodiscard]] bool has_record(const std::string& point) const;
  /// Throws FileError.
  [[nodiscard]] PointRecord read_record(const std::string& point) const;
  void write_record(const std::string& point, const PointRecord& record) const;
  void write(const std::string& name, std::string_view text) const;

 private:
  std::string path_;
};

}  // namespace lockstep
