// SPDX-License-Identifier: MIT
// Finding the file, then reading it.
#include "apps/model_source.hpp"

#include <filesystem>
#include <optional>

#include "apps/agreement.hpp"
#include "io/checkpoint_directory.hpp"
#include "io/checkpoint_file.hpp"

namespace lockstep {

LoadedCheckpoint load_checkpoint(const std::string& path) {
  if (!std::filesystem::is_directory(path)) return {.checkpoint = read_checkpoint(path), .path = path};
  const std::string inside = path + "/checkpoints";
  CheckpointDirectory::Newest newest =
      CheckpointDirectory{std::filesystem::is_directory(inside) ? inside : path}.newest();
  if (newest.checkpoint) return {.checkpoint = std::move(*newest.checkpoint), .path = newest.path};
  std::vector<std::string> problems = newest.rejected;
  problems.push_back(path + " holds no valid checkpoint; give a run directory or a checkpoint file of lockstep");
  throw RequestError(std::move(problems));
}

LoadedCheckpoint load_checkpoint(const std::string& path, Communicator& communicator) {
  std::optional<LoadedCheckpoint> loaded = agreed(communicator, [&] {
    std::optional<LoadedCheckpoint> mine;
    if (communicator.rank() == 0) mine.emplace(load_checkpoint(path));
    return mine;
  });
  const std::string file = text_of_first(communicator, loaded ? loaded->path : std::string{});
  return agreed(communicator, [&] {
    return loaded ? std::move(*loaded) : LoadedCheckpoint{.checkpoint = read_checkpoint(file), .path = file};
  });
}

}  // namespace lockstep
