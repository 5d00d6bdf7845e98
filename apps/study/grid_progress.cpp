// SPDX-License-Identifier: MIT
// Looking at records, now and then.
#include "apps/study/grid_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "apps/table.hpp"
#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr auto between_looks = std::chrono::seconds{1};

double total_of(const std::vector<GridTask>& tasks) {
  return std::accumulate(tasks.begin(), tasks.end(), 0.0,
                         [](double sum, const GridTask& task) { return sum + task.work; });
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
      work_{total_of(open_)},
      bar_{console, "study", work_} {}

void GridProgress::update(const std::string& name, const StepProgress& progress) {
  if (Clock::now() - looked_ > between_looks) look();
  if (!console_.interactive()) return;
  const auto task = std::find_if(open_.begin(), open_.end(), [&](const GridTask& each) { return each.name == name; });
  const double share =
      static_cast<double>(progress.step) / static_cast<double>(std::max<std::uint64_t>(1, progress.steps));
  bar_.set_title(fmt::format("run {}/{}", runs_ - open_.size() + 1, runs_));
  bar_.update(done_ + (task == open_.end() ? 0 : share * task->work), name);
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
    done_ += task.work;
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
