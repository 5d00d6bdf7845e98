// SPDX-License-Identifier: MIT
// Rank 0 looks at the directory; the others follow.
#include "apps/run_plan.hpp"

#include <fmt/format.h>

#include "apps/agreement.hpp"
#include "apps/model_source.hpp"
#include "core/network.hpp"
#include "io/checkpoint_directory.hpp"
#include "io/checkpoint_file.hpp"

namespace lockstep {
namespace {

/// Takes the newest checkpoint that can be read; returns its path, or "" when there is none of any kind. Throws
/// RequestError when there are some and none can be used.
std::string take_newest_checkpoint(const RunDirectory& directory, RunPlan& plan) {
  CheckpointDirectory::Newest newest = CheckpointDirectory{directory.checkpoints()}.newest();
  for (const std::string& reason : newest.rejected) plan.remarks.push_back("warning: passed over " + reason);
  if (!newest.checkpoint && !newest.rejected.empty()) {
    std::vector<std::string> problems = newest.rejected;
    problems.push_back(
        fmt::format("none of the checkpoints in {} can be used, and nothing was changed there; to begin "
                    "anew choose another --run, or remove {}",
                    directory.checkpoints(), directory.path()));
    throw RequestError(problems);
  }
  if (!newest.checkpoint) {
    plan.remarks.push_back("no checkpoint yet in " + directory.path() + ": beginning anew");
    return {};
  }
  const TrainingState& state = newest.checkpoint->state;
  plan.remarks.push_back(fmt::format("going on after step {} ({} epoch{} done), from {}", state.step, state.epoch,
                                     state.epoch == 1 ? "" : "s", newest.path));
  plan.resume = std::move(newest.checkpoint);
  return newest.path;
}

/// Warns when nothing is left to go on with of a finished run, which itself needs no checkpoint any more.
void look_at_checkpoints_of_finished(const RunDirectory& directory, RunPlan& plan) {
  plan.weights_lost = true;
  try {
    const CheckpointDirectory::Newest newest = CheckpointDirectory{directory.checkpoints()}.newest();
    plan.weights_lost = !newest.checkpoint;
    if (newest.checkpoint || newest.rejected.empty()) return;
    for (const std::string& reason : newest.rejected) plan.remarks.push_back("warning: " + reason);
    plan.remarks.push_back("warning: 'evaluate' and 'predict' cannot use " + directory.path() +
                           " any more: " + way_out_of_damage(directory.checkpoints()));
  } catch (const RequestError& failure) {
    plan.remarks.push_back(fmt::format("warning: {}", failure.what()));
  }
}

/// What rank 0 tells the others.
struct Decision {
  RunPlan plan;
  std::string checkpoint_path;
};

Decision decide(const RunDirectory& directory, const RunRequest& request) {
  Decision decision;
  RunPlan& plan = decision.plan;
  RunDirectory::State state = directory.state();
  if (state == RunDirectory::State::unfinished) {
    plan.lock.emplace(directory);
    state = directory.state();  // whoever held the lock may have finished meanwhile
  }
  // A run that never came to a checkpoint has nothing to lose: the corrected command may begin in its place.
  if (state == RunDirectory::State::finished || directory.has_checkpoints()) directory.require_same(request);
  if (state == RunDirectory::State::finished) {
    plan.finished = true;
    plan.summary = directory.read_summary();
    look_at_checkpoints_of_finished(directory, plan);
  } else if (state == RunDirectory::State::unfinished) {
    directory.require_own_config();
    decision.checkpoint_path = take_newest_checkpoint(directory, plan);
  }
  return decision;
}

/// Makes the directory of a new run, and holds it.
void claim(const RunDirectory& directory, RunPlan& plan) {
  plan.made_directory = directory.make();
  plan.lock.emplace(directory);
  if (directory.state() != RunDirectory::State::absent)
    throw RequestError("another lockstep has just begun in " + directory.path() +
                       "; run the same command again to go on from there, or choose another --run");
}

}  // namespace

RunPlan plan_run(const RunDirectory& directory, const RunRequest& request, Communicator& communicator) {
  const bool first = communicator.rank() == 0;
  Decision decision = agreed(communicator, [&] { return first ? decide(directory, request) : Decision{}; });
  decision.plan.finished = !text_of_first(communicator, decision.plan.finished ? "finished" : "").empty();
  const std::string path = text_of_first(communicator, decision.checkpoint_path);
  if (path.empty()) return std::move(decision.plan);
  agreed(communicator, [&] {
    if (!first) decision.plan.resume = read_checkpoint(path);
    return true;
  });
  const Model& model = decision.plan.resume->model;
  require_same_on_all_ranks(communicator, "the weights in " + path,
                            weights_hash(model.network.layout(), model.parameters.span()));
  return std::move(decision.plan);
}

void begin_run(const RunDirectory& directory, const RunRequest& request, RunPlan& plan, Communicator& communicator) {
  agreed(communicator, [&] {
    if (communicator.rank() != 0) return true;
    if (!plan.lock) claim(directory, plan);
    try {
      directory.write_config(request);
      directory.write_metrics(plan.resume ? plan.resume->state.history : std::vector<std::string>{});
    } catch (const FileError&) {
      if (plan.made_directory) (void)directory.remove_if_nothing_came();
      throw;
    }
    return true;
  });
}

}  // namespace lockstep
