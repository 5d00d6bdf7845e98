// SPDX-License-Identifier: MIT
// Telling whether a directory is this run's, and writing its files.
#include "apps/run_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "apps/absolute_path.hpp"
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
constexpr const char* summary_name = "summary.json";

[[noreturn]] void throw_unreadable(const std::string& path, const std::error_code& failure) {
  throw FileError(path,
                  fmt::format("cannot be read ({}); check its permissions or choose another --run", failure.message()));
}

/// What lies there; not_found when nothing does.
fs::file_status status_of(const std::string& path) {
  std::error_code failure;
  const fs::file_status status = fs::status(path, failure);
  if (!fs::status_known(status)) throw_unreadable(path, failure);
  return status;
}

std::vector<fs::path> entries_of(const std::string& directory) {
  std::error_code failure;
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry{directory, failure}, end; !failure && entry != end; entry.increment(failure))
    entries.push_back(entry->path());
  if (failure) throw_unreadable(directory, failure);
  return entries;
}

/// What was about to become a file when its writer was killed.
bool is_unfinished(const fs::path& path) { return path.extension() == temporary_name_for(""); }

bool holds_finished_files(const std::string& directory) {
  const std::vector<fs::path> entries = entries_of(directory);
  return !std::all_of(entries.begin(), entries.end(), is_unfinished);
}

/// True when nothing is in the directory but what an attempt to begin may leave.
bool as_good_as_empty(const std::string& directory) {
  for (const fs::path& entry : entries_of(directory)) {
    if (is_unfinished(entry)) continue;
    if (entry.filename() == "checkpoints" && fs::is_directory(status_of(entry.string())) &&
        !holds_finished_files(entry.string()))
      continue;
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
  const std::string weights_before = absolute_path(earlier.init_from);
  const std::string weights_now = absolute_path(now.init_from);
  for (const Setting& setting : settings()) {
    if (!setting.affects_result) continue;
    const std::string before = setting.get(earlier.config);
    const std::string after = setting.get(now.config);
    // Initial weights bring their scaling, so that one is left open: that follows from the other difference.
    const bool follows =
        setting.name == "standardize" && weights_before != weights_now && (before == "auto" || after == "auto");
    if (before != after && !follows) found.push_back({std::string{setting.name}, before, after});
  }
  const auto compare = [&](const char* name, const std::string& before, const std::string& after) {
    if (before != after) found.push_back({name, before, after});
  };
  compare("train-data", earlier.train_data, now.train_data);
  compare("init-from", weights_before, weights_now);
  return found;
}

RunDirectory::State RunDirectory::state() const {
  const fs::file_status status = status_of(path_);
  if (!fs::exists(status)) return State::absent;
  if (!fs::is_directory(status)) throw RequestError(path_ + " is a file, not a run directory; choose another --run");
  if (!fs::exists(status_of(file(config_name)))) {
    if (as_good_as_empty(path_)) return State::absent;
    throw RequestError(path_ +
                       " holds other files and is not a run directory (it has no config.toml); choose another --run");
  }
  return fs::exists(status_of(file(summary_name))) ? State::finished : State::unfinished;
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
  if (state() == State::finished)
    reasons.push_back(
        fmt::format("the run of {0} is finished and stays as it is; choose another --run, and to train on from its "
                    "weights add --init-from {0}",
                    path_));
  else
    reasons.push_back(
        fmt::format("{0} belongs to another run; choose another --run, or go on with that one by "
                    "'lockstep train --config {0}/{1} --run {0}'",
                    path_, config_name));
  throw RequestError(std::move(reasons));
}

void RunDirectory::require_own_config() const {
  if (!text_of_file(file(config_name)).starts_with(config_opening))
    throw RequestError(
        fmt::format("{} was not written by a run, which would replace it; choose another --run", file(config_name)));
}

void RunDirectory::require_there() const {
  if (!fs::exists(status_of(file(config_name))))
    throw FileError(
        path_, fmt::format("no longer holds the {} of this run: it was removed, renamed or replaced", config_name));
}

bool RunDirectory::has_checkpoints() const {
  return fs::exists(status_of(checkpoints())) && holds_finished_files(checkpoints());
}

bool RunDirectory::remove_if_nothing_came() const noexcept {
  std::error_code failure;
  if (fs::file_size(metrics(), failure) > 0 && !failure) return false;
  fs::remove(checkpoints(), failure);  // fails unless it is empty
  if (fs::exists(checkpoints(), failure)) return false;
  for (const std::string& path : {metrics(), file(config_name)}) fs::remove(path, failure);
  return fs::remove(path_, failure);
}

bool RunDirectory::make() const {
  const bool was_there = fs::exists(status_of(path_));
  make_directories_durably(checkpoints());
  return !was_there;
}

void RunDirectory::write_config(const RunRequest& request) const {
  write_file(file(config_name), config_text(request));
}

void RunDirectory::write_metrics(const std::vector<std::string>& lines) const {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  write_file(metrics(), text);
}

void RunDirectory::append_metrics(const std::string& line) const {
  require_there();
  std::ofstream stream{metrics(), std::ios::app | std::ios::binary};
  // One write of a whole line: a killed process leaves no half one.
  const std::string text = line + "\n";
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  stream.flush();
  if (!stream) throw FileError(metrics(), "cannot be written; free space and run the same command again");
}

void RunDirectory::write_summary(const nlohmann::ordered_json& summary) const {
  require_there();
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

RunLock::RunLock(const RunDirectory& directory, std::string_view option)
    : directory_{::open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
  if (directory_.get() < 0) throw FileError(directory.path(), "cannot be opened; check its permissions");
  // File systems that know no locks go without.
  if (::flock(directory_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw RequestError("another lockstep is working in " + directory.path() + "; wait for it, or choose another " +
                       std::string{option});
}

}  // namespace lockstep
