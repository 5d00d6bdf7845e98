// SPDX-License-Identifier: MIT
// Finding the file, then reading it.
#include "apps/model_source.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "apps/agreement.hpp"
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

}  // namespace

std::string checkpoint_folder(const std::string& path) {
  if (path.empty()) throw RequestError{"the name of the checkpoint is empty (\"\"); name one, or a run directory"};
  if (!is_directory(path)) return {};
  const std::string inside = path + "/checkpoints";
  return is_directory(inside) ? inside : path;
}

LoadedCheckpoint load_checkpoint(const std::string& path) {
  const std::string folder = checkpoint_folder(path);
  if (folder.empty()) return {.checkpoint = read_checkpoint(path), .path = path, .rejected = {}};
  CheckpointDirectory::Newest newest = CheckpointDirectory{folder}.newest();
  if (newest.checkpoint) {
    return {.checkpoint = std::move(*newest.checkpoint), .path = newest.path, .rejected = std::move(newest.rejected)};
  }
  std::vector<std::string> problems = newest.rejected;
  problems.push_back(path + " holds no valid checkpoint; give a run directory or a checkpoint file of lockstep");
  throw RequestError(std::move(problems));
}

LoadedCheckpoint load_checkpoint(const std::string& path, CommandContext& context) {
  Communicator& world = context.mpi.world();
  std::optional<LoadedCheckpoint> loaded = agreed(world, [&] {
    std::optional<LoadedCheckpoint> mine;
    if (world.rank() == 0) mine.emplace(load_checkpoint(path));
    return mine;
  });
  if (loaded) {
    for (const std::string& reason : loaded->rejected) context.console.note("warning: passed over " + reason);
  }
  const std::string file = text_of_first(world, loaded ? loaded->path : std::string{});
  return agreed(world, [&] {
    return loaded ? std::move(*loaded)
                  : LoadedCheckpoint{.checkpoint = read_checkpoint(file), .path = file, .rejected = {}};
  });
}

}  // namespace lockstep
