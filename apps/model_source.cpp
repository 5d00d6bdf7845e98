// SPDX-License-Identifier: MIT
// Finding the file, then reading it.
#include "apps/model_source.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "apps/agreement.hpp"
#include "apps/run_directory.hpp"
#include "io/checkpoint_directory.hpp"
#include "io/checkpoint_file.hpp"

namespace lockstep {
namespace {

bool is_directory(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::none) {
    throw FileError{path, fmt::format("cannot be reached ({}); check the path and its permissions", error.message())};
  }
  return std::filesystem::is_directory(status);
}

/// Says which other checkpoint beside it will do when this one does not.
LoadedCheckpoint read_file(const std::string& path) {
  try {
    return {.checkpoint = read_checkpoint(path), .path = path, .rejected = {}};
  } catch (const DamagedCheckpoint& damage) {
    const std::string folder = std::filesystem::path{path}.parent_path().string();
    if (folder.empty() || checkpoints_in(folder).empty()) throw;
    throw RequestError({damage.what(), way_out_of_damage(folder)});
  }
}

}  // namespace

std::string checkpoint_folder(const std::string& path) {
  if (path.empty()) throw RequestError{"the name of the checkpoint is empty (\"\"); name one, or a run directory"};
  if (!is_directory(path)) return {};
  const std::string inside = path + "/checkpoints";
  return is_directory(inside) ? inside : path;
}

std::vector<std::string> checkpoints_in(const std::string& folder) {
  std::vector<std::string> files = CheckpointDirectory{folder}.files();
  if (const std::string best = best_checkpoint_in(folder); std::filesystem::exists(best)) files.push_back(best);
  return files;
}

std::string no_checkpoint_in(const std::string& path) {
  return path + " holds no checkpoint; give the directory of a run that has come to one, or a checkpoint file";
}

std::string way_out_of_damage(const std::string& folder) {
  for (const std::string& file : checkpoints_in(folder)) {
    try {
      (void)read_checkpoint(file);
      return fmt::format("{} is whole; give that", file);
    } catch (const RequestError&) {
      continue;  // damaged, too
    }
  }
  return fmt::format("no checkpoint in {} is whole; the same training in another --run makes the same weights", folder);
}

LoadedCheckpoint load_checkpoint(const std::string& path) {
  const std::string folder = checkpoint_folder(path);
  if (folder.empty()) return read_file(path);
  CheckpointDirectory::Newest newest = CheckpointDirectory{folder}.newest();
  if (newest.checkpoint) {
    return {.checkpoint = std::move(*newest.checkpoint), .path = newest.path, .rejected = std::move(newest.rejected)};
  }
  std::vector<std::string> problems = newest.rejected;
  const bool empty = problems.empty() && checkpoints_in(folder).empty();
  problems.push_back(empty ? no_checkpoint_in(path) : way_out_of_damage(folder));
  throw RequestError(std::move(problems));
}

LoadedCheckpoint load_checkpoint(const std::string& path, Communicator& communicator, Console& console) {
  std::optional<LoadedCheckpoint> loaded = agreed(communicator, [&] {
    std::optional<LoadedCheckpoint> mine;
    if (communicator.rank() == 0) mine.emplace(load_checkpoint(path));
    return mine;
  });
  if (loaded) {
    for (const std::string& reason : loaded->rejected) console.note("warning: passed over " + reason);
  }
  const std::string file = text_of_first(communicator, loaded ? loaded->path : std::string{});
  return agreed(communicator, [&] {
    return loaded ? std::move(*loaded)
                  : LoadedCheckpoint{.checkpoint = read_checkpoint(file), .path = file, .rejected = {}};
  });
}

}  // namespace lockstep
