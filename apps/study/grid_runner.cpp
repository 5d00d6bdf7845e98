// SPDX-License-Identifier: MIT
// Each group goes through its own runs; all meet again when every group is through.
#include "apps/study/grid_runner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "apps/agreement.hpp"
#include "apps/model_source.hpp"
#include "apps/stop_signal.hpp"
#include "apps/study/grid_progress.hpp"
#include "apps/study/grid_time.hpp"
#include "parallel/ordered_sum.hpp"
#include "parallel/replica_check.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

/// For sharing out: the rate of one slow core; only proportions matter.
constexpr double usual_flops = 3e10;

std::vector<double> work_in(const std::vector<StudyPoint>& points, const DatasetInfo& info) {
  std::vector<double> work;
  for (const StudyPoint& point : points) work.push_back(work_of(point.request, info).seconds(usual_flops));
  return work;
}

}  // namespace

int usual_groups(int ranks, std::size_t runs) {
  return static_cast<int>(std::clamp<std::size_t>(runs, 1, static_cast<std::size_t>(ranks)));
}

int group_of(int rank, int ranks, int groups) { return static_cast<int>(static_cast<Index>(rank) * groups / ranks); }

Json GridRunner::measured(const StudyPoint& point, const RunPlace& place) const {
  const LoadedCheckpoint loaded = load_checkpoint(point.request.run, place.communicator, place.console);
  Workers workers{place_.threads};
  return study_.measure({.point = point,
                         .model = loaded.checkpoint.model,
                         .history = loaded.checkpoint.state.history,
                         .data = grid_.data(point.seed),
                         .communicator = place.communicator,
                         .workers = workers});
}

/// False when a signal came.
bool GridRunner::run_point(const StudyPoint& point, RunPlace place) const {
  Communicator& group = place.communicator;
  TrainConfig config = point.request.config;
  config.threads = place_.threads;
  const RunEnd end = carry_out(point.request, config, grid_.data(point.seed), place, std::chrono::steady_clock::now());
  if (end.how == RunEnd::How::interrupted) return false;
  const bool diverged = end.how == RunEnd::How::diverged;
  const std::vector<std::string> names = study_.measures(point);
  const Json figures = diverged || names.empty() ? Json::object() : measured(point, place);
  on_first_rank(group, [&] {
    // What was measured for other questions stays.
    PointRecord record = directory_.has_record(point.name())
                             ? directory_.read_record(point.name())
                             : record_of(point, diverged ? Json{} : end.summary, end.reasons);
    if (!diverged) add_measured(record, figures, names);
    directory_.write_record(point.name(), record);
  });
  return true;
}

GridRunner::Outcome GridRunner::run_own(const std::vector<StudyPoint>& points) const {
  const bool watched = place_.mpi.world().rank() == 0;
  const std::vector<double> work = work_in(points, grid_.info());
  const std::vector<std::vector<std::size_t>> shares = shared_out(work, place_.groups);
  std::vector<GridTask> tasks;
  for (std::size_t group = 0; group < shares.size(); ++group)
    for (const std::size_t i : shares[group])
      tasks.push_back({.name = points[i].name(), .work = work[i], .group = group});
  std::optional<GridProgress> progress;
  if (watched && !points.empty()) progress.emplace(place_.console, directory_, std::move(tasks));
  Console aside{place_.group.rank(), place_.group.ranks()};
  for (const std::size_t i : shares[static_cast<std::size_t>(place_.number)]) {
    const StudyPoint& point = points[i];
    if (any_rank(!StopSignals::received().empty(), place_.group)) return {.interrupted = true};
    aside.keep_to_remarks(point.name());
    RunPlace place{.communicator = place_.group, .console = aside, .mpi = place_.mpi};
    place.on_step = [&](const StepProgress& step) {
      if (progress) progress->update(point.name(), step);
    };
    try {
      if (!run_point(point, place)) return {.interrupted = true};
    } catch (const AgreedError& failure) {
      return {.fault = fmt::format("{}: {}", point.name(), fmt::join(failure.problems(), "; "))};
    } catch (const AgreedFault& failure) {
      return {.fault = fmt::format("{}: {}", point.name(), failure.what())};
    } catch (const ReplicaError& failure) {
      throw Error(fmt::format("{}: {}", point.name(), failure.what()));  // which the other groups do not know of
    }
    if (progress) progress->look();
  }
  return {};
}

void GridRunner::read_records(const std::vector<StudyPoint>& points, StudyResults& results) const {
  Communicator& world = place_.mpi.world();
  std::string all;
  on_first_rank(world, [&] {
    Json records = Json::object();
    for (const StudyPoint& point : points)
      if (directory_.has_record(point.name())) records[point.name()] = directory_.read_record(point.name()).content;
    all = records.dump(-1, ' ', false, Json::error_handler_t::replace);
  });
  const Json records = Json::parse(text_of_first(world, all));
  for (const auto& item : records.items())
    results.add(item.key(), {.diverged = item.value().at("status") == "diverged", .content = item.value()});
}

bool GridRunner::run(const std::vector<StudyPoint>& points, StudyResults& results) const {
  Communicator& world = place_.mpi.world();
  read_records(points, results);
  std::vector<StudyPoint> open;
  for (const StudyPoint& point : points)
    if (const PointRecord* record = results.find(point.cell, point.seed);
        record == nullptr || !has_measured(*record, study_.measures(point)))
      open.push_back(point);
  if (open.empty()) return true;
  const Outcome outcome = run_own(open);
  // Each group's first rank speaks for it.
  const bool speaks = place_.group.rank() == 0;
  std::set<std::string> faults;
  for (const std::string& fault : gather_texts(world, speaks ? outcome.fault : ""))
    if (!fault.empty()) faults.insert(fault);
  const bool interrupted = any_rank(outcome.interrupted, world);
  if (!faults.empty())
    throw AgreedFault(fmt::format("{}; what was finished before is kept, and the same command goes on from there",
                                  fmt::join(faults, "; and ")));
  read_records(open, results);
  return !interrupted;
}

}  // namespace lockstep
