// SPDX-License-Identifier: MIT
// Everything around the trainer: the directory, the data, the test, the summary.
#include "apps/training_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/agreement.hpp"
#include "apps/content_check.hpp"
#include "apps/data_source.hpp"
#include "apps/machine_memory.hpp"
#include "apps/model_source.hpp"
#include "apps/placement.hpp"
#include "apps/profile.hpp"
#include "apps/progress.hpp"
#include "apps/run_observer.hpp"
#include "apps/run_plan.hpp"
#include "apps/run_summary.hpp"
#include "apps/stop_signal.hpp"
#include "apps/table.hpp"
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

/// The weights to begin with, when some were asked for, of the form that these settings and data want.
std::optional<Model> initial_model(const RunRequest& request, const DatasetInfo& info, const RunPlace& place) {
  if (request.init_from.empty()) return std::nullopt;
  LoadedCheckpoint loaded = load_checkpoint(request.init_from, place.communicator, place.console);
  Model& model = loaded.checkpoint.model;
  const std::string given = network_shape(model.network.spec());
  const std::string wanted = network_shape(network_spec(request.config, info));
  if (given != wanted)
    throw AgreedError(
        fmt::format("{} holds a network of {} units, but these settings and data want {}; give the same "
                    "--hidden and data, or leave --init-from out",
                    loaded.path, given, wanted));
  agree_on_problems(place.communicator, lockstep::problems(model, request.config, info));
  require_same_on_all_ranks(place.communicator, "the weights in " + loaded.path,
                            weights_hash(model.network.layout(), model.parameters.span()));
  return std::move(model);
}

/// Every rank computes the same losses and so throws the same at the same step.
RunEnd diverged(const DivergenceError& failure, const RunDirectory& directory, const RunPlan& plan,
                RunObserver& observer, bool first) {
  RunEnd end{.how = RunEnd::How::diverged, .reasons = failure.problems()};
  if (const std::optional<std::uint64_t> saved = observer.saved_step())
    end.reasons.push_back(
        fmt::format("the last good state, of step {}, is kept in {}", *saved, directory.checkpoints()));
  else if (first && plan.made_directory && directory.remove_if_nothing_came())
    end.reasons.push_back(fmt::format("there was nothing to keep yet: {} was removed again", directory.path()));
  else
    end.reasons.push_back(fmt::format("no checkpoint was due before; {} tells how it went", directory.metrics()));
  return end;
}

std::optional<Metrics> tested(const TrainResult& result, const RunData& data, const RunPlace& place) {
  if (data.test == nullptr) return std::nullopt;
  Workers workers{result.threads};
  Progress progress{place.console, "test", 1};
  return evaluate(result.model, *data.test, place.communicator, workers, [&](Index done, Index total) {
    progress.update(static_cast<double>(done) / static_cast<double>(std::max<Index>(1, total)));
  });
}

void write_profile(Profile& profile, const TrainResult& result, const RunPlace& place) {
  std::vector<std::string> layers;
  for (const auto& layer : result.model.network.layers()) layers.emplace_back(layer->name());
  const std::uint64_t steps = profile.write(layers, place.communicator);
  if (place.profile.empty()) return;
  place.console.note(fmt::format("{}: {}, to be opened in https://ui.perfetto.dev", place.profile,
                                 counted(static_cast<Index>(steps), "step", "steps")));
}

/// The summary, written on rank 0; all ranks fail when it cannot be.
nlohmann::ordered_json recorded_summary(const FinishedRun& run, const RunObserver& observer, const RunPlace& place) {
  nlohmann::ordered_json summary;
  std::string fault;
  if (place.communicator.rank() == 0) {
    summary = run_summary(run, place.mpi);
    fault = observer.record_end(summary, run.result.state.history);
  }
  agree_on_fault_of_first(place.communicator, fault);
  return summary;
}

}  // namespace

RunData open_run_data(RunRequest& request, Problems problems, RunPlace place, int run_ranks) {
  Communicator& ranks = place.communicator;
  RunData data;
  if (!request.train.empty()) data.train = try_open_dataset(request.train, problems);
  if (!request.test.empty()) data.test = try_open_dataset(request.test, problems);
  if (data.train != nullptr) {
    request.config = resolved(request.config, data.train->info().task);
    append(problems, lockstep::problems(request.config, data.train->info(), run_ranks > 0 ? run_ranks : ranks.ranks()));
    if (data.test != nullptr) append(problems, mismatches(data.train->info(), data.test->info()));
  } else {
    append(problems, lockstep::problems(request.config));
  }
  agree_on_problems(ranks, problems);
  request.config = resolved_for(data.train->info(), request.config, !request.init_from.empty());
  request.config.isa = settled_instruction_set(request.config.isa, request.config.precision, ranks);
  for (const std::string& sentence : settings_without_effect(request.config)) place.console.note("note: " + sentence);
  return data;
}

void identify_run_data(RunRequest& request, const RunData& data, Communicator& communicator) {
  request.train_data = agreed(communicator, [&] { return data_identity(*data.train); });
  require_same_on_all_ranks(communicator, "the training data", request.train_data);
  if (data.test == nullptr) return;
  request.test_data = agreed(communicator, [&] { return data_identity(*data.test); });
  require_same_on_all_ranks(communicator, "the test data", request.test_data);
}

int placed_threads(const TrainConfig& config, const DatasetInfo& data, RunPlace place) {
  Communicator& ranks = place.communicator;
  const std::vector<Placement> placements = gather_placements(ranks);
  const auto rank = static_cast<std::size_t>(ranks.rank());
  const auto here = std::count_if(placements.begin(), placements.end(),
                                  [&](const Placement& other) { return other.host == placements[rank].host; });
  const std::string problem =
      memory_problem(network_spec(config, data), config, static_cast<int>(here), ranks.ranks(), memory_bytes());
  agree_on_problems(ranks, problem.empty() ? Problems{} : Problems{problem});
  return settled_threads(placements, config.threads, place.mpi, place.console);
}

RunEnd carry_out(const RunRequest& request, const TrainConfig& config, const RunData& data, RunPlace place,
                 Clock::time_point start) {
  Communicator& ranks = place.communicator;
  const bool first = ranks.rank() == 0;
  if (!place.profile.empty()) on_first_rank(ranks, [&] { require_writable(place.profile, /*replace=*/true); });
  const RunDirectory directory{request.run};
  RunPlan plan = plan_run(directory, request, ranks);
  for (const std::string& remark : plan.remarks) place.console.note(remark);
  if (plan.finished) {
    RunEnd end{.how = RunEnd::How::finished_before, .weights_lost = plan.weights_lost};
    if (plan.summary) end.summary = std::move(*plan.summary);
    return end;
  }
  const DatasetInfo& info = data.train->info();
  std::optional<Model> initial;
  if (plan.resume) {
    agree_on_problems(ranks, lockstep::problems(*plan.resume, config, info));
  } else {
    initial = initial_model(request, info, place);
    if (!data.known_finite) require_finite_features(*data.train, ranks, place.console);
  }
  if (data.test != nullptr && !data.known_finite) require_finite_features(*data.test, ranks, place.console);
  begin_run(directory, request, plan, ranks);
  const std::optional<std::uint64_t> continued = plan.resume ? std::optional{plan.resume->state.step} : std::nullopt;
  RunObserver observer{place.console,
                       {.task = info.task,
                        .target_names = info.target_names,
                        .epochs = config.steps > 0 ? 0 : config.epochs,
                        .validation = config.validation > 0,
                        .noise_scale = config.noise_scale > 0,
                        .keep = static_cast<int>(std::min<Index>(config.keep, 1'000'000)),
                        .on_step = place.on_step},
                       first ? &directory : nullptr,
                       continued};
  const StopSignals signals;
  Profile profile{place.profile, observer, ranks};
  std::optional<TrainResult> trained;
  try {
    trained = train(config, *data.train, ranks, profile, std::move(plan.resume), initial ? &*initial : nullptr);
  } catch (const DivergenceError& failure) {
    return diverged(failure, directory, plan, observer, first);
  }
  const TrainResult& result = *trained;
  agree_on_fault_of_first(ranks, observer.fault());
  write_profile(profile, result, place);
  RunEnd end{.hash = result.hash, .step = result.state.step, .epoch = result.state.epoch};
  if (result.interrupted) {
    end.how = RunEnd::How::interrupted;
    return end;
  }
  const std::optional<Metrics> test = tested(result, data, place);
  end.summary = recorded_summary({.request = request,
                                  .result = result,
                                  .test = test,
                                  .continued_after_step = continued,
                                  .wall_seconds = std::chrono::duration<double>(Clock::now() - start).count()},
                                 observer, place);
  return end;
}

}  // namespace lockstep
