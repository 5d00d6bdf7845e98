// SPDX-License-Identifier: MIT
// lockstep train
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/config_file.hpp"
#include "apps/data_source.hpp"
#include "apps/json_text.hpp"
#include "apps/model_source.hpp"
#include "apps/placement.hpp"
#include "apps/run_observer.hpp"
#include "apps/run_plan.hpp"
#include "apps/run_summary.hpp"
#include "apps/setting_flags.hpp"
#include "apps/stop_signal.hpp"
#include "apps/table.hpp"
#include "apps/text_file.hpp"
#include "core/settings.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/gradient_check.hpp"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;
using Problems = std::vector<std::string>;

void append(Problems& problems, const Problems& more) {
  for (const std::string& problem : more)
    if (std::find(problems.begin(), problems.end(), problem) == problems.end()) problems.push_back(problem);
}

class TrainCommand {
 public:
  TrainCommand(CLI::App& command, CommandContext& context);
  int run();

 private:
  struct Data {
    std::unique_ptr<Dataset> train;
    std::unique_ptr<Dataset> test;
  };

  void add_path(CLI::App& command, const std::string& name, std::string RunRequest::*member, const std::string& help);
  [[nodiscard]] RunRequest understood_request(Problems& problems) const;
  [[nodiscard]] Data open_data(RunRequest& request, Problems problems) const;
  [[nodiscard]] TrainConfig placed(TrainConfig config) const;
  int check(const TrainConfig& config, const Dataset& data) const;
  int show_finished(const nlohmann::ordered_json* summary, const RunRequest& request) const;
  int train_in_directory(const RunRequest& request, const TrainConfig& config, const Data& data);
  [[nodiscard]] std::optional<Metrics> tested(const TrainResult& result, const Data& data) const;
  int say_interrupted(const RunRequest& request, const TrainResult& result) const;

  [[nodiscard]] Communicator& world() const { return context_.mpi.world(); }

  CommandContext& context_;
  std::string config_path_;
  RunRequest given_paths_;
  std::unique_ptr<SettingFlags> flags_;
  bool check_gradients_ = false;
  bool json_ = false;
  Clock::time_point start_ = Clock::now();
};

TrainCommand::TrainCommand(CLI::App& command, CommandContext& context) : context_{context} {
  command.add_option("--config", config_path_, "Read settings and paths from a TOML file; flags override it")
      ->type_name("RUN.toml");
  add_path(command, "train", &RunRequest::train, "Training data, made by 'lockstep data'");
  add_path(command, "test", &RunRequest::test, "Test data: evaluated once, at the end");
  add_path(command, "run", &RunRequest::run, "Run directory: made, or continued when the same run began there");
  add_path(command, "init-from", &RunRequest::init_from, "Begin with the weights of a checkpoint or run directory");
  command.add_flag("--check-gradients", check_gradients_,
                   "Compare backpropagation with finite differences on this network and data, and leave");
  command.add_flag("--json", json_, "Print one machine-readable object on standard output: the summary");
  flags_ = std::make_unique<SettingFlags>(command);
  command.footer(
      "Every setting is also a key of RUN.toml: learning-rate = 0.01, hidden = [300, 100].\n"
      "The same command again continues an unfinished run; a finished one says so and changes nothing.\n\n"
      "Examples:\n"
      "  lockstep train --train train.h5 --test test.h5 --run runs/first\n"
      "  lockstep train --train train.h5 --run runs/linear --hidden= --optimizer sgd --learning-rate 0.01\n"
      "  mpirun -n 2 lockstep train --train train.h5 --run runs/two --validation 0.1 --patience 5\n"
      "  lockstep train --config runs/first/config.toml --run runs/again   repeats a run to the last bit");
}

void TrainCommand::add_path(CLI::App& command, const std::string& name, std::string RunRequest::*member,
                            const std::string& help) {
  command.add_option("--" + name, given_paths_.*member, help)->type_name(name == "run" ? "DIR" : "PATH");
}

RunRequest TrainCommand::understood_request(Problems& problems) const {
  RunRequest request;
  if (!config_path_.empty()) {
    const std::string own_text =
        agreed(world(), [&] { return world().rank() == 0 ? text_of_file(config_path_) : std::string{}; });
    try {
      parse_config(text_of_first(world(), own_text), config_path_, request);
    } catch (const RequestError& failure) {
      append(problems, failure.problems());
    }
  }
  for (const auto member : {&RunRequest::train, &RunRequest::test, &RunRequest::run, &RunRequest::init_from})
    if (!(given_paths_.*member).empty()) request.*member = given_paths_.*member;
  flags_->apply(request.config, problems);
  if (request.train.empty())
    problems.emplace_back("no training data: give --train A.h5 (or train = \"A.h5\" in RUN.toml)");
  if (request.run.empty() && !check_gradients_)
    problems.emplace_back("no run directory: give --run DIR, where the results go (or run = \"DIR\" in RUN.toml)");
  return request;
}

TrainCommand::Data TrainCommand::open_data(RunRequest& request, Problems problems) const {
  Data data;
  if (!request.train.empty()) data.train = try_open_dataset(request.train, problems);
  if (!request.test.empty()) data.test = try_open_dataset(request.test, problems);
  if (data.train != nullptr) {
    append(problems, lockstep::problems(request.config, data.train->info(), world().ranks()));
    if (data.test != nullptr) append(problems, mismatches(data.train->info(), data.test->info()));
  } else {
    append(problems, lockstep::problems(request.config));
  }
  agree_on_problems(world(), problems);
  request.config = resolved(request.config, data.train->info().task);
  request.train_data = data_identity(data.train->info());
  return data;
}

/// Settles the number of threads, and warns of what will be slow.
TrainConfig TrainCommand::placed(TrainConfig config) const {
  const std::vector<Placement> placements = gather_placements(world());
  for (const std::string& warning : placement_warnings(placements, config.threads))
    context_.console.note("warning: " + warning);
  if (config.threads == 0) config.threads = fair_threads(placements, static_cast<std::size_t>(world().rank()));
  return config;
}

int TrainCommand::check(const TrainConfig& config, const Dataset& data) const {
  Table table;
  table.add({"parameters", "backpropagation", "differences", "error", ""});
  bool all_passed = true;
  double tolerance = 0;
  nlohmann::ordered_json blocks = nlohmann::ordered_json::array();
  for (const DirectionalCheck& block : check_gradients(config, data, world())) {
    table.add({block.block, fmt::format("{:.6e}", block.by_backpropagation),
               fmt::format("{:.6e}", block.by_differences), fmt::format("{:.1e}", block.relative_error),
               block.passed ? "agrees" : "DIFFERS"});
    blocks.push_back({{"block", block.block},
                      {"backpropagation", block.by_backpropagation},
                      {"differences", block.by_differences},
                      {"relative_error", block.relative_error},
                      {"passed", block.passed}});
    all_passed = all_passed && block.passed;
    tolerance = block.tolerance;
  }
  context_.console.out(fmt::format("{}\nrelative errors up to {} agree", table.text(), tolerance));
  if (json_) context_.console.json(json_text({{"passed", all_passed}, {"tolerance", tolerance}, {"blocks", blocks}}));
  if (!all_passed) context_.console.note("error: the gradients of this network are not those of its loss");
  return all_passed ? exit_done : exit_fault;
}

int TrainCommand::show_finished(const nlohmann::ordered_json* summary, const RunRequest& request) const {
  if (summary == nullptr) return exit_done;
  context_.console.out(request.run + " is finished already; nothing was changed");
  context_.console.out(summary_text(*summary, request));
  if (json_) context_.console.json(json_text(*summary));
  return exit_done;
}

int TrainCommand::say_interrupted(const RunRequest& request, const TrainResult& result) const {
  const std::string_view signal = StopSignals::received();
  context_.console.note(fmt::format("stopped by {} after step {}, saved in {}; the same command goes on from there",
                                    signal.empty() ? "a signal to another rank" : signal, result.state.step,
                                    request.run));
  return exit_interrupted;
}

std::optional<Metrics> TrainCommand::tested(const TrainResult& result, const Data& data) const {
  if (data.test == nullptr) return std::nullopt;
  Workers workers{result.threads};
  Progress progress{context_.console, "test", 1};
  return evaluate(result.model, *data.test, world(), workers, [&](Index done, Index total) {
    progress.update(static_cast<double>(done) / static_cast<double>(std::max<Index>(1, total)));
  });
}

int TrainCommand::train_in_directory(const RunRequest& request, const TrainConfig& config, const Data& data) {
  std::optional<LoadedCheckpoint> initial;
  if (!request.init_from.empty()) initial.emplace(load_checkpoint(request.init_from, context_));
  const DatasetInfo& info = data.train->info();
  if (initial) agree_on_problems(world(), problems(initial->checkpoint.model, config, info));
  const RunDirectory directory{request.run};
  RunPlan plan = plan_run(directory, request, world());
  for (const std::string& remark : plan.remarks) context_.console.note(remark);
  if (plan.finished) return show_finished(plan.summary ? &*plan.summary : nullptr, request);

  if (plan.resume) agree_on_problems(world(), problems(*plan.resume, config, info));
  const bool first = world().rank() == 0;
  RunObserver observer{context_.console,
                       {.task = info.task,
                        .target_names = info.target_names,
                        .epochs = config.steps > 0 ? 0 : config.epochs,
                        .validation = config.validation > 0},
                       first ? &directory : nullptr};
  const StopSignals signals;
  const TrainResult result = train(config, *data.train, world(), observer, std::move(plan.resume),
                                   initial ? &initial->checkpoint.model : nullptr);
  if (result.interrupted) return say_interrupted(request, result);
  const std::optional<Metrics> test = tested(result, data);
  if (!first) return exit_done;
  const double wall_seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const nlohmann::ordered_json summary =
      run_summary({.request = request, .result = result, .test = test, .wall_seconds = wall_seconds}, context_.mpi);
  directory.write_summary(summary);
  context_.console.out(summary_text(summary, request));
  if (json_) context_.console.json(json_text(summary));
  return exit_done;
}

int TrainCommand::run() {
  if (json_) context_.console.reserve_output_for_json();
  Problems problems;
  RunRequest request = understood_request(problems);
  const Data data = open_data(request, problems);
  const TrainConfig config = placed(request.config);
  try {
    return check_gradients_ ? check(config, *data.train) : train_in_directory(request, config, data);
  } catch (const DivergenceError& failure) {
    // Every rank computes the same losses and so throws the same at the same step.
    Problems reasons = failure.problems();
    if (!check_gradients_) reasons.push_back("the last good state, if any, is kept in " + request.run + "/checkpoints");
    throw AgreedError(reasons);
  }
}

}  // namespace

void add_train_command(CLI::App& root, CommandContext& context) {
  CLI::App* command = root.add_subcommand("train", "Train a network on a data set");
  const auto train = std::make_shared<TrainCommand>(*command, context);
  command->callback([train, &context] { context.run = [train] { return train->run(); }; });
}

}  // namespace lockstep
