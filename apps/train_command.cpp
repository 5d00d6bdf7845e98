// SPDX-License-Identifier: MIT
// lockstep train
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/content_check.hpp"
#include "apps/data_source.hpp"
#include "apps/gradient_report.hpp"
#include "apps/json_text.hpp"
#include "apps/machine_memory.hpp"
#include "apps/model_source.hpp"
#include "apps/placement.hpp"
#include "apps/profile.hpp"
#include "apps/run_observer.hpp"
#include "apps/run_plan.hpp"
#include "apps/run_summary.hpp"
#include "apps/stop_signal.hpp"
#include "apps/table.hpp"
#include "apps/train_flags.hpp"
#include "apps/versions.hpp"
#include "core/settings.hpp"
#include "io/memory_limit.hpp"
#include "io/output_path.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/run_setup.hpp"

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
  TrainCommand(CLI::App& command, CommandContext& context) : context_{context}, flags_{command} {}
  int run();

 private:
  struct Data {
    std::unique_ptr<Dataset> train;
    std::unique_ptr<Dataset> test;
  };

  [[nodiscard]] Data open_data(RunRequest& request, Problems problems) const;
  void identify_data(RunRequest& request, const Data& data) const;
  [[nodiscard]] TrainConfig placed(TrainConfig config, const DatasetInfo& info) const;
  [[nodiscard]] std::optional<Model> initial_model(const RunRequest& request, const DatasetInfo& info) const;
  int show_finished(const nlohmann::ordered_json* summary, const RunRequest& request) const;
  int train_in_directory(const RunRequest& request, const TrainConfig& config, const Data& data);
  [[noreturn]] void leave_diverged(const DivergenceError& failure, const RunDirectory& directory, const RunPlan& plan,
                                   RunObserver& observer) const;
  [[nodiscard]] std::optional<Metrics> tested(const TrainResult& result, const Data& data) const;
  void record_end(const FinishedRun& run, const RunObserver& observer) const;
  void write_profile(Profile& profile, const TrainResult& result) const;
  int say_interrupted(const RunRequest& request, const TrainResult& result) const;
  void require_expected(std::string_view hash) const;

  [[nodiscard]] Communicator& world() const { return context_.mpi.world(); }
  [[nodiscard]] bool first() const { return world().rank() == 0; }

  CommandContext& context_;
  TrainFlags flags_;
  Clock::time_point start_ = Clock::now();
};

TrainCommand::Data TrainCommand::open_data(RunRequest& request, Problems problems) const {
  Data data;
  if (!request.train.empty()) data.train = try_open_dataset(request.train, problems);
  if (!request.test.empty()) data.test = try_open_dataset(request.test, problems);
  if (data.train != nullptr) {
    request.config = resolved(request.config, data.train->info().task);
    append(problems, lockstep::problems(request.config, data.train->info(), world().ranks()));
    if (data.test != nullptr) append(problems, mismatches(data.train->info(), data.test->info()));
  } else {
    append(problems, lockstep::problems(request.config));
  }
  agree_on_problems(world(), problems);
  request.config = resolved_for(data.train->info(), request.config, !request.init_from.empty());
  request.config.isa = settled_instruction_set(request.config.isa, world());
  for (const std::string& sentence : settings_without_effect(request.config))
    context_.console.note("note: " + sentence);
  return data;
}

/// Says in the request what the data are, and that they are the same on all ranks and in the file of settings.
void TrainCommand::identify_data(RunRequest& request, const Data& data) const {
  const std::string configured = request.train_data;
  request.train_data = agreed(world(), [&] { return data_identity(*data.train); });
  require_same_on_all_ranks(world(), "the training data", request.train_data);
  if (data.test != nullptr) {
    request.test_data = agreed(world(), [&] { return data_identity(*data.test); });
    require_same_on_all_ranks(world(), "the test data", request.test_data);
  }
  if (!configured.empty() && configured != request.train_data)
    context_.console.note(
        fmt::format("warning: {} is of a run on other data ({}; now {}), so this one does not repeat it",
                    flags_.config_path(), configured, request.train_data));
}

/// Settles the number of threads, warns of what will be slow, and refuses what this host cannot hold.
TrainConfig TrainCommand::placed(TrainConfig config, const DatasetInfo& info) const {
  const std::vector<Placement> placements = gather_placements(world());
  const auto rank = static_cast<std::size_t>(world().rank());
  const auto here = std::count_if(placements.begin(), placements.end(),
                                  [&](const Placement& other) { return other.host == placements[rank].host; });
  const std::string problem = memory_problem(network_spec(config, info), config.optimizer, static_cast<int>(here),
                                             world().ranks(), memory_bytes());
  agree_on_problems(world(), problem.empty() ? Problems{} : Problems{problem});
  config.threads = settled_threads(placements, config.threads, world().rank(), context_.console);
  return config;
}

/// The weights to begin with, when some were asked for, of the form that these settings and data want.
std::optional<Model> TrainCommand::initial_model(const RunRequest& request, const DatasetInfo& info) const {
  if (request.init_from.empty()) return std::nullopt;
  LoadedCheckpoint loaded = load_checkpoint(request.init_from, context_);
  Model& model = loaded.checkpoint.model;
  const std::string given = network_shape(model.network.spec());
  const std::string wanted = network_shape(network_spec(request.config, info));
  if (given != wanted)
    throw AgreedError(
        fmt::format("{} holds a network of {} units, but these settings and data want {}; give the same "
                    "--hidden and data, or leave --init-from out",
                    loaded.path, given, wanted));
  agree_on_problems(world(), lockstep::problems(model, request.config, info));
  require_same_on_all_ranks(world(), "the weights in " + loaded.path,
                            weights_hash(model.network.layout(), model.parameters.span()));
  return std::move(model);
}

void TrainCommand::require_expected(std::string_view hash) const {
  const std::string expected = flags_.expected_hash();
  agree_on_fault_of_first(
      world(),
      expected.empty() || hash == expected
          ? std::string{}
          : fmt::format("the weights hash is {}, but --expect-hash asks for {}: data, settings, seed, build or "
                        "instruction set are not those of that run; compare its config.toml and 'lockstep "
                        "doctor'",
                        hash, expected));
}

int TrainCommand::show_finished(const nlohmann::ordered_json* summary, const RunRequest& request) const {
  if (summary == nullptr) {
    require_expected({});
    return exit_done;
  }
  context_.console.out(request.run + " is finished already; nothing was changed");
  context_.console.out(summary_text(*summary, request));
  if (const std::string tested_on = summary->value("test_data", "");
      !request.test_data.empty() && tested_on != request.test_data)
    context_.console.note(
        fmt::format("note: {}; for {}: lockstep evaluate {} {}",
                    tested_on.empty() ? "the run was not tested" : fmt::format("the test figures are of {}", tested_on),
                    request.test_data, request.run, request.test));
  if (flags_.json()) context_.console.json(json_text(*summary));
  require_expected(summary->value("weights_hash", ""));
  return exit_done;
}

int TrainCommand::say_interrupted(const RunRequest& request, const TrainResult& result) const {
  const std::string_view signal = StopSignals::received();
  std::string by{signal.empty() ? "a signal to another rank" : signal};
  if (signal == "SIGTERM" && context_.mpi.started()) by += " (mpirun passes Ctrl-C on as SIGTERM)";
  context_.console.note(fmt::format("stopped by {} after step {}, saved in {}; the same command goes on from there", by,
                                    result.state.step, request.run));
  if (flags_.json())
    context_.console.json(json_text({{"status", "interrupted"},
                                     {"signal", signal},
                                     {"run", request.run},
                                     {"weights_hash", result.hash},
                                     {"steps", result.state.step},
                                     {"epochs", result.state.epoch}}));
  return exit_interrupted;
}

/// Every rank computes the same losses and so throws the same at the same step.
void TrainCommand::leave_diverged(const DivergenceError& failure, const RunDirectory& directory, const RunPlan& plan,
                                  RunObserver& observer) const {
  Problems reasons = failure.problems();
  if (const std::optional<std::uint64_t> saved = observer.saved_step())
    reasons.push_back(fmt::format("the last good state, of step {}, is kept in {}", *saved, directory.checkpoints()));
  else if (first() && plan.made_directory && directory.remove_if_nothing_came())
    reasons.push_back(fmt::format("there was nothing to keep yet: {} was removed again", directory.path()));
  else
    reasons.push_back(fmt::format("no checkpoint was due before; {} tells how it went", directory.metrics()));
  throw AgreedError(reasons);
}

std::optional<Metrics> TrainCommand::tested(const TrainResult& result, const Data& data) const {
  if (data.test == nullptr) return std::nullopt;
  Workers workers{result.threads};
  Progress progress{context_.console, "test", 1};
  return evaluate(result.model, *data.test, world(), workers, [&](Index done, Index total) {
    progress.update(static_cast<double>(done) / static_cast<double>(std::max<Index>(1, total)));
  });
}

/// Writes and shows the summary, on rank 0; all ranks fail when it cannot be written.
void TrainCommand::record_end(const FinishedRun& run, const RunObserver& observer) const {
  nlohmann::ordered_json summary;
  std::string fault;
  if (first()) {
    summary = run_summary(run, context_.mpi);
    fault = observer.record_end(summary, run.result.state.history);
  }
  agree_on_fault_of_first(world(), fault);
  if (!first()) return;
  context_.console.out(summary_text(summary, run.request));
  if (flags_.json()) context_.console.json(json_text(summary));
}

void TrainCommand::write_profile(Profile& profile, const TrainResult& result) const {
  std::vector<std::string> layers;
  for (const auto& layer : result.model.network.layers()) layers.emplace_back(layer->name());
  const std::uint64_t steps = profile.write(layers, world());
  if (flags_.profile().empty()) return;
  context_.console.note(fmt::format("{}: {}, to be opened in https://ui.perfetto.dev", flags_.profile(),
                                    counted(static_cast<Index>(steps), "step", "steps")));
}

int TrainCommand::train_in_directory(const RunRequest& request, const TrainConfig& config, const Data& data) {
  if (!flags_.profile().empty()) on_first_rank(world(), [&] { require_writable(flags_.profile(), /*replace=*/true); });
  const RunDirectory directory{request.run};
  RunPlan plan = plan_run(directory, request, world());
  for (const std::string& remark : plan.remarks) context_.console.note(remark);
  if (plan.finished) return show_finished(plan.summary ? &*plan.summary : nullptr, request);

  const DatasetInfo& info = data.train->info();
  std::optional<Model> initial;
  if (plan.resume) {
    agree_on_problems(world(), lockstep::problems(*plan.resume, config, info));
  } else {
    initial = initial_model(request, info);
    require_finite_features(*data.train, world(), context_.console);
  }
  if (data.test != nullptr) require_finite_features(*data.test, world(), context_.console);
  begin_run(directory, request, plan, world());
  const std::optional<std::uint64_t> continued = plan.resume ? std::optional{plan.resume->state.step} : std::nullopt;
  RunObserver observer{context_.console,
                       {.task = info.task,
                        .target_names = info.target_names,
                        .epochs = config.steps > 0 ? 0 : config.epochs,
                        .validation = config.validation > 0,
                        .keep = static_cast<int>(std::min<Index>(config.keep, 1'000'000))},
                       first() ? &directory : nullptr,
                       continued};
  const StopSignals signals;
  Profile profile{flags_.profile(), observer, world()};
  const TrainResult result = [&] {
    try {
      return train(config, *data.train, world(), profile, std::move(plan.resume), initial ? &*initial : nullptr);
    } catch (const DivergenceError& failure) {
      leave_diverged(failure, directory, plan, observer);
    }
  }();
  agree_on_fault_of_first(world(), observer.fault());
  write_profile(profile, result);
  if (result.interrupted) return say_interrupted(request, result);
  const std::optional<Metrics> test = tested(result, data);
  record_end({.request = request,
              .result = result,
              .test = test,
              .continued_after_step = continued,
              .wall_seconds = std::chrono::duration<double>(Clock::now() - start_).count()},
             observer);
  require_expected(result.hash);
  return exit_done;
}

int TrainCommand::run() {
  if (flags_.json()) context_.console.reserve_output_for_json();
  Problems problems;
  RunRequest request = flags_.understood(world(), problems);
  context_.mpi.set_timeout(request.config.timeout);
  const Data data = open_data(request, problems);
  const TrainConfig config = placed(request.config, data.train->info());
  identify_data(request, data);
  if (!flags_.check_gradients()) return train_in_directory(request, config, data);
  require_finite_features(*data.train, world(), context_.console);
  try {
    return report_gradients(config, *data.train, context_, flags_.json());
  } catch (const DivergenceError& failure) {
    throw AgreedError(failure.problems());
  }
}

}  // namespace

void add_train_command(CLI::App& root, CommandContext& context) {
  CLI::App* command = root.add_subcommand("train", "Train a network on a data set");
  const auto train = std::make_shared<TrainCommand>(*command, context);
  command->callback([train, &context] { context.run = [train] { return train->run(); }; });
}

}  // namespace lockstep
