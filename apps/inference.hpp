// SPDX-License-Identifier: MIT
// What evaluate and predict share: a checkpoint, data that fit it, and the threads of this rank.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/cli_forward.hpp"
#include "apps/command.hpp"
#include "apps/model_source.hpp"
#include "apps/setting_flags.hpp"
#include "core/dataset.hpp"
#include "io/dataset_file.hpp"

namespace lockstep {

/// The arguments CHECKPOINT and DATA.h5 and the flags --threads, --isa and --timeout of a subcommand.
class InferenceInput {
 public:
  InferenceInput(CLI::App& command, CommandContext& context, TargetsWanted targets = TargetsWanted::required);

  struct Opened {
    LoadedCheckpoint source;
    std::unique_ptr<Dataset> data;
    int threads = 1;

    [[nodiscard]] const Model& model() const { return source.checkpoint.model; }
    [[nodiscard]] std::string hash() const;
  };
  /// Throws AgreedError when anything is missing, damaged or does not fit. Warns of slow placement. Collective.
  [[nodiscard]] Opened open() const;

  [[nodiscard]] const std::string& data_path() const noexcept { return data_path_; }

 private:
  CommandContext& context_;
  TargetsWanted targets_;
  std::string checkpoint_path_;
  std::string data_path_;
  std::unique_ptr<SettingFlags> flags_;
};

}  // namespace lockstep
