// SPDX-License-Identifier: MIT
// Everything one run leaves behind, and what may be done with it. Only rank 0 touches it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/run_request.hpp"
#include "io/file_descriptor.hpp"

namespace lockstep {

/// One setting whose value differs between two requests, as text.
struct SettingDifference {
  std::string name;
  std::string earlier;
  std::string now;
};

/// The settings that affect the result, the training data and the parameters to begin with, where they differ.
[[nodiscard]] std::vector<SettingDifference> differences(const RunRequest& earlier, const RunRequest& now);

/// Of a folder of checkpoints, the weights that reached the best validation loss.
[[nodiscard]] inline std::string best_checkpoint_in(const std::string& folder) { return folder + "/best.h5"; }

/// DIR/config.toml, metrics.jsonl, summary.json and checkpoints/. Files appear complete or not at all; only
/// metrics.jsonl grows, a whole line at a time.
class RunDirectory {
 public:
  explicit RunDirectory(std::string path) : path_{std::move(path)} {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string checkpoints() const { return path_ + "/checkpoints"; }
  [[nodiscard]] std::string metrics() const { return path_ + "/metrics.jsonl"; }
  /// The weights that reached the best validation loss.
  [[nodiscard]] std::string best_checkpoint() const { return best_checkpoint_in(checkpoints()); }

  enum class State { absent, unfinished, finished };
  /// Throws RequestError when there is something else under this path.
  [[nodiscard]] State state() const;

  /// Throws RequestError that lists the differences, and what to do, when the directory belongs to another
  /// configuration.
  void require_same(const RunRequest& now) const;
  /// Throws RequestError when config.toml is not what a run writes, but somebody's own.
  void require_own_config() const;
  /// Throws FileError when the directory was removed, renamed or replaced while the run went on.
  void require_there() const;
  /// Whether anything lies where checkpoints lie, but what a killed writer left.
  [[nodiscard]] bool has_checkpoints() const;
  /// Removes the directory again when the run came to no checkpoint and to no line of metrics; true when it is gone.
  [[nodiscard]] bool remove_if_nothing_came() const noexcept;

  /// Makes the directory and its folder for checkpoints; true when the directory was not there before.
  bool make() const;
  void write_config(const RunRequest& request) const;
  /// Replaces metrics.jsonl by these lines.
  void write_metrics(const std::vector<std::string>& lines) const;
  void append_metrics(const std::string& line) const;
  void write_summary(const nlohmann::ordered_json& summary) const;
  [[nodiscard]] nlohmann::ordered_json read_summary() const;

 private:
  [[nodiscard]] std::string file(const char* name) const { return path_ + "/" + name; }
  [[nodiscard]] RunRequest earlier_request() const;

  std::string path_;
};

/// Held while a process works in a run directory, so that a second one is refused. The system releases it
/// when the process ends, however it ends.
class RunLock {
 public:
  /// Throws RequestError when another process holds it; `option` is what chose the directory.
  explicit RunLock(const RunDirectory& directory, std::string_view option = "--run");

 private:
  FileDescriptor directory_;
};

}  // namespace lockstep
