// SPDX-License-Identifier: MIT
// lockstep checkpoint info, lockstep checkpoint verify
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/json_text.hpp"
#include "apps/model_source.hpp"
#include "apps/table.hpp"
#include "core/network.hpp"
#include "io/checkpoint_directory.hpp"
#include "io/checkpoint_file.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

std::string hash_of(const Checkpoint& checkpoint) {
  return weights_hash(checkpoint.model.network.layout(), checkpoint.model.parameters.span());
}

Json blocks_of(const ParameterLayout& layout) {
  Json blocks = Json::array();
  for (const ParameterBlock& block : layout.blocks())
    blocks.push_back({{"name", block.name}, {"units", block.units}, {"fan_in", block.fan_in}});
  return blocks;
}

Json description(const LoadedCheckpoint& loaded) {
  const Model& model = loaded.checkpoint.model;
  const TrainingState& state = loaded.checkpoint.state;
  const NetworkSpec& spec = model.network.spec();
  Json object;
  object["path"] = loaded.path;
  object["weights_hash"] = hash_of(loaded.checkpoint);
  object["step"] = state.step;
  object["epoch"] = state.epoch;
  object["step_in_epoch"] = state.step_in_epoch;
  object["finished"] = state.finished;
  if (state.best) object["best"] = {{"epoch", state.best->epoch}, {"validation_loss", state.best->loss}};
  object["task"] = name_of(model.task);
  object["loss"] = name_of(model.loss);
  object["inputs"] = spec.inputs;
  object["hidden"] = spec.hidden;
  object["outputs"] = spec.outputs;
  object["activation"] = name_of(spec.activation);
  object["output_activation"] = name_of(spec.output);
  object["parameters"] = model.network.layout().parameters();
  object["blocks"] = blocks_of(model.network.layout());
  object["optimizer_arrays"] = state.optimizer.size();
  object["standardized_inputs"] = !model.input_transform.factor.empty();
  object["standardized_targets"] = !model.target_transform.factor.empty();
  object["class_names"] = model.class_names;
  object["target_names"] = model.target_names;
  object["configuration"] = loaded.checkpoint.configuration;
  return object;
}

std::string progress_text(const TrainingState& state) {
  const std::string epochs = counted(state.epoch, "epoch", "epochs");
  if (state.finished)
    return fmt::format("finished after {}, {}", counted(static_cast<Index>(state.step), "step", "steps"), epochs);
  return fmt::format("after step {}: {} and {} of the next", state.step, epochs,
                     counted(state.step_in_epoch, "step", "steps"));
}

std::string description_text(const LoadedCheckpoint& loaded) {
  const Checkpoint& checkpoint = loaded.checkpoint;
  const Model& model = checkpoint.model;
  const NetworkSpec& spec = model.network.spec();
  std::vector<std::pair<std::string, std::string>> lines{
      {"checkpoint", loaded.path},
      {"weights hash", hash_of(checkpoint)},
      {"state", progress_text(checkpoint.state)},
      {"network", fmt::format("{}, hidden [{}] {}, {} {}", counted(spec.inputs, "feature", "features"),
                              fmt::join(spec.hidden, ", "), name_of(spec.activation),
                              counted(spec.outputs, "output", "outputs"), name_of(spec.output))},
      {"parameters", with_thousands(static_cast<double>(model.network.layout().parameters()))},
      {"objective", fmt::format("{}, {}", name_of(model.task), name_of(model.loss))}};
  if (checkpoint.state.best) {
    lines.emplace_back("best", fmt::format("epoch {}, validation loss {}", checkpoint.state.best->epoch,
                                           short_number(checkpoint.state.best->loss)));
  }
  if (!model.class_names.empty()) lines.emplace_back("classes", fmt::format("{}", fmt::join(model.class_names, ", ")));
  if (!model.target_names.empty())
    lines.emplace_back("targets", fmt::format("{}", fmt::join(model.target_names, ", ")));
  lines.emplace_back("", "");
  lines.insert(lines.end(), checkpoint.configuration.begin(), checkpoint.configuration.end());
  return listing(lines);
}

constexpr const char* exit_statuses = "Exit status: 0 done; 2 the request is wrong, or a checkpoint is damaged.";

class CheckpointInfo {
 public:
  CheckpointInfo(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("FILE", path_, "A checkpoint, or a run directory: its newest valid checkpoint")->required();
    add_json_flag(command, json_);
    command.footer(
        fmt::format("{}\n\n"
                    "Examples:\n"
                    "  lockstep checkpoint info runs/first\n"
                    "  lockstep checkpoint info runs/first/checkpoints/step-000000001000.h5 --json",
                    exit_statuses));
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    const LoadedCheckpoint loaded = load_checkpoint(path_, context_.mpi.world(), context_.console);
    context_.console.out(description_text(loaded));
    if (json_) context_.console.json(json_text(description(loaded)));
    return exit_done;
  }

 private:
  CommandContext& context_;
  std::string path_;
  bool json_ = false;
};

/// What came of reading one file; `problem` is empty when it is whole.
struct Verdict {
  std::string path;
  std::string hash;
  std::string problem;
};

Verdict verdict_on(const std::string& path) {
  try {
    return {.path = path, .hash = hash_of(read_checkpoint(path)), .problem = {}};
  } catch (const RequestError& failure) {
    return {.path = path, .hash = {}, .problem = failure.what()};
  }
}

Json object_of(const Verdict& verdict) {
  Json object{{"path", verdict.path}, {"valid", verdict.problem.empty()}};
  if (verdict.problem.empty()) {
    object["weights_hash"] = verdict.hash;
  } else {
    object["problem"] = verdict.problem;
  }
  return object;
}

class CheckpointVerify {
 public:
  CheckpointVerify(CLI::App& command, CommandContext& context) : context_{context} {
    command.add_option("FILE", path_, "A checkpoint, or a run directory: all of its checkpoints")->required();
    add_json_flag(command, json_);
    command.footer(
        fmt::format("{}\n\n"
                    "Examples:\n"
                    "  lockstep checkpoint verify runs/first\n"
                    "  lockstep checkpoint verify runs/first/checkpoints/step-000000001000.h5",
                    exit_statuses));
  }

  int run() {
    if (json_) context_.console.reserve_output_for_json();
    on_first_rank(context_.mpi.world(), [&] { verify(); });
    return exit_done;
  }

 private:
  /// Says what is whole; throws what is not.
  void verify() {
    const std::string folder = checkpoint_folder(path_);
    const std::vector<std::string> files = folder.empty() ? std::vector<std::string>{path_} : checkpoints_in(folder);
    if (files.empty()) throw RequestError{no_checkpoint_in(path_)};
    std::vector<std::string> problems;
    Json list = Json::array();
    for (const std::string& file : files) {
      const Verdict verdict = verdict_on(file);
      if (verdict.problem.empty()) {
        context_.console.out(fmt::format("{} is whole: every checksum agrees; weights hash {}", file, verdict.hash));
      } else {
        problems.push_back(verdict.problem);
      }
      list.push_back(object_of(verdict));
    }
    Json object{{"path", path_}, {"valid", problems.empty()}, {"checkpoints", list}};
    if (folder.empty()) object = list.front();
    if (!problems.empty()) object.update(failure_object(problems, exit_wrong_request));
    if (json_) context_.console.json(json_text(object));
    if (!problems.empty()) throw RequestError(problems);
  }

  CommandContext& context_;
  std::string path_;
  bool json_ = false;
};

template <class Command>
void add(CLI::App& parent, CommandContext& context, const std::string& name, const std::string& help) {
  CLI::App* command = parent.add_subcommand(name, help);
  const auto checkpoint = std::make_shared<Command>(*command, context);
  command->callback([checkpoint, &context] { context.run = [checkpoint] { return checkpoint->run(); }; });
}

}  // namespace

void add_checkpoint_command(CLI::App& root, CommandContext& context) {
  CLI::App* command = root.add_subcommand("checkpoint", "Look into a checkpoint, or check that it is whole");
  command->require_subcommand(1);
  add<CheckpointInfo>(*command, context, "info", "Say what a checkpoint holds");
  add<CheckpointVerify>(*command, context, "verify", "Read everything and compare all checksums");
  command->footer(
      "Examples:\n"
      "  lockstep checkpoint info runs/first\n"
      "  lockstep checkpoint verify runs/first/checkpoints/step-000000001000.h5");
}

}  // namespace lockstep
