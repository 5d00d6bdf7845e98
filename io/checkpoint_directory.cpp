// SPDX-License-Identifier: MIT
// Keeping and finding the checkpoints of a run.
#include "io/checkpoint_directory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "io/checkpoint_file.hpp"
#include "io/durable_file.hpp"

namespace lockstep {
namespace {

constexpr std::string_view prefix = "step-";
constexpr std::string_view suffix = ".h5";
constexpr std::size_t digits = 12;

bool is_checkpoint_name(std::string_view name) {
  if (name.size() != prefix.size() + digits + suffix.size()) return false;
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return false;
  const std::string_view number = name.substr(prefix.size(), digits);
  return std::all_of(number.begin(), number.end(), [](char digit) { return digit >= '0' && digit <= '9'; });
}

std::string name_for(std::uint64_t step) { return fmt::format("{}{:0{}}{}", prefix, step, digits, suffix); }

/// Names of all files in `directory` that are checkpoints or, with `unfinished`, were about to become one; newest
/// first.
std::vector<std::string> checkpoint_names(const std::string& directory, bool unfinished = false) {
  const std::string ending = unfinished ? temporary_name_for("") : "";
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{directory, error}, end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (!name.ends_with(ending)) continue;
    if (is_checkpoint_name(std::string_view{name}.substr(0, name.size() - ending.size())))
      names.push_back(std::move(name));
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    throw FileError{directory, fmt::format("cannot be listed ({}); check its permissions", error.message())};
  }
  std::sort(names.begin(), names.end(), std::greater<>{});
  return names;
}

}  // namespace

CheckpointDirectory::CheckpointDirectory(std::string path) : path_{std::move(path)} {}

void CheckpointDirectory::save(const Checkpoint& checkpoint, int keep) {
  make_directories_durably(path_);
  const std::filesystem::path directory{path_};
  std::error_code error;
  const std::string written = name_for(checkpoint.state.step);
  write_checkpoint((directory / written).string(), checkpoint);
  // Later files are not this run's past: it went back behind them because they are damaged. They neither count nor go.
  int kept = 0;
  for (const std::string& name : checkpoint_names(path_)) {
    // A failure to remove costs space, not safety.
    if (name <= written && kept++ >= std::max(1, keep)) std::filesystem::remove(directory / name, error);
  }
  // What a writer left that was killed.
  for (const std::string& name : checkpoint_names(path_, true)) std::filesystem::remove(directory / name, error);
}

CheckpointDirectory::Newest CheckpointDirectory::newest() const {
  Newest found;
  for (const std::string& path : files()) {
    try {
      found.checkpoint = read_checkpoint(path);
      found.path = path;
      return found;
    } catch (const DamagedCheckpoint& damage) {
      found.rejected.emplace_back(damage.what());
    }
  }
  return found;
}

std::vector<std::string> CheckpointDirectory::files() const {
  std::vector<std::string> paths;
  for (const std::string& name : checkpoint_names(path_)) {
    paths.push_back((std::filesystem::path{path_} / name).string());
  }
  return paths;
}

}  // namespace lockstep
