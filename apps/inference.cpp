// SPDX-License-Identifier: MIT
// Opening a model and data for it on all ranks.
#include "apps/inference.hpp"

#include <CLI/CLI.hpp>

#include "apps/agreement.hpp"
#include "apps/content_check.hpp"
#include "apps/data_source.hpp"
#include "apps/placement.hpp"
#include "apps/run_request.hpp"
#include "apps/versions.hpp"
#include "core/network.hpp"
#include "parallel/evaluator.hpp"

namespace lockstep {

InferenceInput::InferenceInput(CLI::App& command, CommandContext& context, TargetsWanted targets)
    : context_{context}, targets_{targets} {
  command.add_option("CHECKPOINT", checkpoint_path_, "A checkpoint, or a run directory: its newest valid checkpoint")
      ->required();
  command.add_option("DATA.h5", data_path_, "Data set, made by 'lockstep data'")->required();
  flags_ = std::make_unique<SettingFlags>(command, std::vector<std::string_view>{"threads", "isa", "timeout"});
}

std::string InferenceInput::Opened::hash() const {
  return weights_hash(model().network.layout(), model().parameters.span());
}

InferenceInput::Opened InferenceInput::open() const {
  Communicator& world = context_.mpi.world();
  TrainConfig config;
  std::vector<std::string> problems;
  flags_->apply(config, problems);
  for (const std::string& problem : lockstep::problems(config)) problems.push_back("--" + problem);
  std::unique_ptr<Dataset> data = try_open_dataset(data_path_, problems, targets_);
  agree_on_problems(world, problems);
  context_.mpi.set_timeout(config.timeout);
  (void)settled_instruction_set(config.isa, Precision::float32, world);
  Opened opened{.source = load_checkpoint(checkpoint_path_, world, context_.console), .data = std::move(data)};
  agree_on_problems(world, lockstep::problems(opened.model(), opened.data->info()));
  require_same_on_all_ranks(world, "the weights in " + opened.source.path, opened.hash());
  require_same_on_all_ranks(world, "the data", agreed(world, [&] { return data_identity(*opened.data); }));
  require_finite_features(*opened.data, world, context_.console);

  opened.threads = settled_threads(gather_placements(world), config.threads, context_.mpi, context_.console);
  return opened;
}

}  // namespace lockstep
