// SPDX-License-Identifier: MIT
// Looking at records, now and then.
#include "apps/study/grid_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/table.hpp"
#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr auto between_looks = std::chrono::seconds{1};

std::vector<GroupWork> groups_of(const std::vector<GridTask>& tasks) {
  std::vector<GroupWork> groups(1);
  for (const GridTask& task : tasks) {
    if (groups.size() <= task.group) groups.resize(task.group + 1);
    groups[task.group].all += task.work;
  }
  return groups;
}

/// What a line says of a run that has ended.
std::string outcome(const PointRecord& record) {
  if (record.diverged) return "diverged";
  const nlohmann::ordered_json& figures = record.content.at("figures");
  for (const char* name : {"test_error", "test_rmse", "validation_error", "validation_rmse", "train_loss"})
    if (const auto found = figures.find(name); found != figures.end() && found->is_number()) {
      std::string words{name};
      std::replace(words.begin(), words.end(), '_', ' ');
      return fmt::format("{} {}", words, short_number(found->get<double>()));
    }
  return "finished";
}

}  // namespace

GridProgress::GridProgress(Console& console, const StudyDirectory& directory, std::vector<GridTask> tasks)
    : console_{console},
      directory_{directory},
      open_{std::move(tasks)},
      runs_{open_.size()},
      groups_{groups_of(open_)},
      work_{work_left(groups_)},
      bar_{console, "study", work_} {}

void GridProgress::update(const std::string& name, const StepProgress& progress) {
  if (Clock::now() - looked_ > between_looks) look();
  if (!console_.interactive()) return;
  const auto task = std::find_if(open_.begin(), open_.end(), [&](const GridTask& each) { return each.name == name; });
  const double work = task == open_.end() ? 0 : task->work;
  const auto done_after = [&](std::uint64_t step) {
    std::vector<GroupWork> groups = groups_;
    groups.front().done +=
        work * static_cast<double>(step) / static_cast<double>(std::max<std::uint64_t>(1, progress.steps));
    return work_ - work_left(groups);
  };
  if (under_way_ != name) {
    // A run that goes on from a checkpoint brings work that took none of this time.
    under_way_ = name;
    bar_.skip(done_after(progress.step - 1) - done_after(0));
  }
  bar_.set_title(fmt::format("run {}/{}", runs_ - open_.size() + 1, runs_));
  bar_.update(done_after(progress.step), name);
}

void GridProgress::look() {
  looked_ = Clock::now();
  std::vector<GridTask> still_open;
  std::size_t ended = runs_ - open_.size();
  for (GridTask& task : open_) {
    if (!directory_.has_record(task.name)) {
      still_open.push_back(std::move(task));
      continue;
    }
    groups_[task.group].done += task.work;
    std::string words;
    try {
      words = outcome(directory_.read_record(task.name));
    } catch (const RequestError& failure) {
      words = failure.what();  // the end of the round says so again, and stops
    }
    ++ended;
    console_.note(fmt::format("{:>{}}/{}  {}: {}", ended, std::to_string(runs_).size(), runs_, task.name, words));
  }
  open_ = std::move(still_open);
}

}  // namespace lockstep
