// SPDX-License-Identifier: MIT
// lockstep train
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/content_check.hpp"
#include "apps/gradient_report.hpp"
#include "apps/json_text.hpp"
#include "apps/run_summary.hpp"
#include "apps/stop_signal.hpp"
#include "apps/train_flags.hpp"
#include "apps/training_run.hpp"
#include "parallel/data_split.hpp"
#include "parallel/run_setup.hpp"

namespace lockstep {
namespace {

using Clock = std::chrono::steady_clock;

class TrainCommand {
 public:
  TrainCommand(CLI::App& command, CommandContext& context) : context_{context}, flags_{command} {}
  int run();

 private:
  void identify_data(RunRequest& request, const RunData& data) const;
  void note_idle_ranks(const TrainConfig& config, const DatasetInfo& data) const;
  int train_in_directory(const RunRequest& request, const TrainConfig& config, const RunData& data) const;
  int say_finished_before(const RunEnd& end, const RunRequest& request) const;
  int say_interrupted(const RunEnd& end, const RunRequest& request) const;
  int say_finished(const RunEnd& end, const RunRequest& request) const;
  void require_expected(std::string_view hash) const;

  [[nodiscard]] Communicator& world() const { return context_.mpi.world(); }
  [[nodiscard]] bool first() const { return world().rank() == 0; }
  [[nodiscard]] RunPlace place() const {
    return {.communicator = world(),
            .console = context_.console,
            .mpi = context_.mpi,
            .on_step = {},
            .profile = flags_.profile()};
  }

  CommandContext& context_;
  TrainFlags flags_;
  Clock::time_point start_ = Clock::now();
};

void TrainCommand::identify_data(RunRequest& request, const RunData& data) const {
  const std::string configured = request.train_data;
  identify_run_data(request, data, world());
  if (!configured.empty() && configured != request.train_data)
    context_.console.note(
        fmt::format("warning: {} is of a run on other data ({}; now {}), so this one does not repeat it",
                    flags_.config_path(), configured, request.train_data));
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

int TrainCommand::say_finished_before(const RunEnd& end, const RunRequest& request) const {
  if (first()) {
    const nlohmann::ordered_json& summary = end.summary;
    context_.console.out(request.run + " is finished already; nothing was changed");
    context_.console.out(summary_text(summary, request, /*has_weights=*/!end.weights_lost));
    if (const std::string tested_on = summary.value("test_data", "");
        !request.test_data.empty() && tested_on != request.test_data)
      context_.console.note(fmt::format(
          "note: {}; for {}: lockstep evaluate {} {}",
          tested_on.empty() ? "the run was not tested" : fmt::format("the test figures are of {}", tested_on),
          request.test_data, request.run, request.test));
    if (flags_.json()) context_.console.json(json_text(summary));
  }
  require_expected(first() ? end.summary.value("weights_hash", "") : "");
  return exit_done;
}

int TrainCommand::say_interrupted(const RunEnd& end, const RunRequest& request) const {
  const std::string_view signal = StopSignals::received();
  context_.console.note(fmt::format("stopped by {} after step {}, saved in {}; the same command goes on from there",
                                    stopped_by(context_.mpi.started()), end.step, request.run));
  if (flags_.json())
    context_.console.json(json_text({{"status", "interrupted"},
                                     {"signal", signal},
                                     {"run", request.run},
                                     {"weights_hash", end.hash},
                                     {"steps", end.step},
                                     {"epochs", end.epoch}}));
  return exit_interrupted;
}

int TrainCommand::say_finished(const RunEnd& end, const RunRequest& request) const {
  if (first()) {
    context_.console.out(summary_text(end.summary, request));
    if (flags_.json()) context_.console.json(json_text(end.summary));
  }
  require_expected(end.hash);
  return exit_done;
}

int TrainCommand::train_in_directory(const RunRequest& request, const TrainConfig& config, const RunData& data) const {
  const RunEnd end = carry_out(request, config, data, place(), start_);
  switch (end.how) {
    case RunEnd::How::finished_before:
      return say_finished_before(end, request);
    case RunEnd::How::interrupted:
      return say_interrupted(end, request);
    case RunEnd::How::diverged:
      throw AgreedError(end.reasons);
    case RunEnd::How::finished:
      break;
  }
  return say_finished(end, request);
}

void TrainCommand::note_idle_ranks(const TrainConfig& config, const DatasetInfo& data) const {
  const StepEngine::Form form = engine_form(config, training_samples(config, data.samples));
  const std::string advice = idle_ranks_advice(form.plan, form.batch_size, world().ranks());
  if (!advice.empty()) context_.console.note("note: " + advice);
}

int TrainCommand::run() {
  if (flags_.json()) context_.console.reserve_output_for_json();
  std::vector<std::string> problems;
  RunRequest request = flags_.understood(world(), problems);
  context_.mpi.set_timeout(request.config.timeout);
  const RunData data = open_run_data(request, problems, place());
  TrainConfig config = request.config;
  config.threads = placed_threads(config, data.train->info(), place());
  note_idle_ranks(config, data.train->info());
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
