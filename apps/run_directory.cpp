// SPDX-License-Identifier: MIT
// Telling whether a directory is this run's, and writing its files.
#include "apps/run_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "apps/config_file.hpp"
#include "apps/json_text.hpp"
#include "apps/text_file.hpp"
#include "core/error.hpp"
#include "core/settings.hpp"
#include "io/durable_file.hpp"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

constexpr const char* config_name = "config.toml";
constexpr const char* metrics_name = "metrics.jsonl";
constexpr const char* summary_name = "summary.json";

std::string absolute(const std::string& path) {
  return path.empty() ? std::string{} : fs::absolute(path).lexically_normal().string();
}

/// True when nothing is in the directory but what an attempt to begin may leave.
bool as_good_as_empty(const fs::path& directory) {
  for (const fs::directory_entry& entry : fs::directory_iterator{directory}) {
    if (entry.path().extension() == ".tmp") continue;
    if (entry.path().filename() == "checkpoints" && entry.is_directory() && fs::is_empty(entry.path())) continue;
    return false;
  }
  return true;
}

void write_file(const std::string& path, std::string_view text) {
  const std::string_view parts[] = {text};
  write_file_durably(path, parts);
}

}  // namespace

std::vector<SettingDifference> differences(const RunRequest& earlier, const RunRequest& now) {
  std::vector<SettingDifference> found;
  for (const Setting& setting : settings()) {
    if (!setting.affects_result) continue;
    const std::string before = setting.get(earlier.config);
    const std::string after = setting.get(now.config);
    if (before != after) found.push_back({std::string{setting.name}, before, after});
  }
  const auto compare = [&](const char* name, const std::string& before, const std::string& after) {
    if (before != after) found.push_back({name, before, after});
  };
  compare("train-data", earlier.train_data, now.train_data);
  compare("init-from", absolute(earlier.init_from), absolute(now.init_from));
  return found;
}

RunDirectory::State RunDirectory::state() const {
  const fs::file_status status = fs::status(path_);
  if (!fs::exists(status)) return State::absent;
  if (!fs::is_directory(status)) throw RequestError(path_ + " is a file, not a run directory; choose another --run");
  if (!fs::exists(file(config_name))) {
    if (as_good_as_empty(path_)) return State::absent;
    throw RequestError(path_ +
                       " holds other files and is not a run directory (it has no config.toml); choose another --run");
  }
  return fs::exists(file(summary_name)) ? State::finished : State::unfinished;
}

RunRequest RunDirectory::earlier_request() const {
  RunRequest request;
  parse_config(text_of_file(file(config_name)), file(config_name), request);
  return request;
}

void RunDirectory::require_same(const RunRequest& now) const {
  std::vector<std::string> reasons;
  for (const SettingDifference& difference : differences(earlier_request(), now)) {
    reasons.push_back(fmt::format("{} was '{}' in the run of {}, but is '{}' now", difference.name, difference.earlier,
                                  path_, difference.now));
  }
  if (reasons.empty()) return;
  reasons.push_back(
      fmt::format("{0} belongs to another run; choose another --run, or go on with that one by "
                  "'lockstep train --config {0}/{1} --run {0}'",
                  path_, config_name));
  throw RequestError(std::move(reasons));
}

bool RunDirectory::has_checkpoints() const {
  std::error_code absent;
  const fs::directory_iterator entries{checkpoints(), absent};
  return !absent && entries != fs::directory_iterator{};
}

void RunDirectory::make() const { make_directories_durably(checkpoints()); }

void RunDirectory::write_config(const RunRequest& request) const {
  write_file(file(config_name), config_text(request));
}

void RunDirectory::write_metrics(const std::vector<std::string>& lines) const {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  write_file(file(metrics_name), text);
}

void RunDirectory::append_metrics(const std::string& line) const {
  std::ofstream stream{file(metrics_name), std::ios::app | std::ios::binary};
  // One write of a whole line: a killed process leaves no half one.
  const std::string text = line + "\n";
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.flush();
  if (!stream) throw FileError(file(metrics_name), "cannot be written; free space and run the same command again");
}

void RunDirectory::write_summary(const nlohmann::ordered_json& summary) const {
  write_file(file(summary_name), json_text(summary) + "\n");
}

nlohmann::ordered_json RunDirectory::read_summary() const {
  nlohmann::ordered_json summary =
      nlohmann::ordered_json::parse(text_of_file(file(summary_name)), nullptr, /*allow_exceptions=*/false);
  if (!summary.is_object() || !summary.contains("weights_hash"))
    throw FileError(file(summary_name),
                    "is not the summary that a run writes; remove it and run the same command again");
  return summary;
}

RunLock::RunLock(const RunDirectory& directory)
    : directory_{::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
  if (directory_.get() < 0) throw FileError(directory.path(), "cannot be opened; check its permissions");
  // File systems that know no locks go without.
  if (::flock(directory_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw RequestError("another lockstep is working in " + directory.path() + "; wait for it, or choose another --run");
}

}  // namespace lockstep
