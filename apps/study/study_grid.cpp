// SPDX-License-Identifier: MIT
// Overrides over the study's own settings, and splits of its data.
#include "apps/study/study_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/agreement.hpp"
#include "apps/content_check.hpp"
#include "apps/machine_memory.hpp"
#include "core/settings.hpp"
#include "io/dataset_split.hpp"
#include "io/durable_file.hpp"
#include "parallel/data_split.hpp"
#include "parallel/run_setup.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {
namespace {

constexpr double seconds_of_a_step = 50e-6;  ///< besides its arithmetic, about

}  // namespace

StudyGrid::StudyGrid(StudyBase base, const StudyDirectory& directory, RunPlace place)
    : base_{std::move(base)}, directory_{directory}, place_{std::move(place)} {
  RunRequest opened = base_.request;
  DataSet set;
  set.data = open_run_data(opened, {}, place_, base_.group_ranks);
  base_.request.config.isa = opened.config.isa;
  identify_run_data(opened, set.data, place_.communicator);
  base_.request.train_data = opened.train_data;
  base_.request.test_data = opened.test_data;
  info_ = set.data.train->info();
  require_finite_features(*set.data.train, place_.communicator, place_.console);
  if (set.data.test != nullptr) require_finite_features(*set.data.test, place_.communicator, place_.console);
  set.data.known_finite = true;
  set.paths = base_.request;
  if (base_.test_share <= 0) sets_.emplace(0, std::move(set));
}

nlohmann::ordered_json StudyGrid::identity(std::string_view study) const {
  nlohmann::ordered_json identity;
  identity["study"] = study;
  identity["train-data"] = base_.request.train_data;
  identity["test-data"] = base_.request.test_data;
  identity["test-share"] = fmt::format("{}", base_.test_share);
  for (const Setting& setting : settings())
    if (setting.affects_result) identity[std::string{setting.name}] = setting.get(base_.request.config);
  return identity;
}

Index StudyGrid::training_samples() const {
  const auto test = static_cast<Index>(base_.test_share * static_cast<double>(info_.samples) + 0.5);
  return lockstep::training_samples(base_.request.config, info_.samples - test);
}

RunWork StudyGrid::work_of_base() const {
  DatasetInfo info = info_;
  info.samples -= static_cast<Index>(base_.test_share * static_cast<double>(info_.samples) + 0.5);
  return work_of(base_.request, info);
}

void StudyGrid::make_split(std::uint64_t seed, RunRequest& paths) const {
  paths.train = directory_.file(fmt::format("splits/{}-train.h5", seed));
  paths.test = directory_.file(fmt::format("splits/{}-test.h5", seed));
  on_first_rank(place_.communicator, [&] {
    std::error_code failure;
    if (std::filesystem::exists(paths.train, failure) && std::filesystem::exists(paths.test, failure)) return;
    make_directories_durably(directory_.file("splits"));
    const auto test = std::clamp<Index>(static_cast<Index>(base_.test_share * static_cast<double>(info_.samples) + 0.5),
                                        1, info_.samples - 1);
    split_dataset({.input = base_.request.train, .first_samples = info_.samples - test, .shuffle = true, .seed = seed},
                  {.path = paths.train, .replace = true}, {.path = paths.test, .replace = true});
  });
}

const StudyGrid::DataSet& StudyGrid::data_set(std::uint64_t seed) {
  const std::uint64_t number = set_of(seed);
  if (const auto found = sets_.find(number); found != sets_.end()) return found->second;
  DataSet set{.paths = base_.request, .data = {}};
  make_split(seed, set.paths);
  RunRequest opened = set.paths;
  Console silent{1, 2};  // its remarks were made of the whole
  set.data = open_run_data(opened, {}, {.communicator = place_.communicator, .console = silent, .mpi = place_.mpi},
                           base_.group_ranks);
  identify_run_data(opened, set.data, place_.communicator);
  set.paths.train_data = opened.train_data;
  set.paths.test_data = opened.test_data;
  set.data.known_finite = true;
  return sets_.emplace(number, std::move(set)).first->second;
}

StudyPoint StudyGrid::complete(const WantedPoint& wanted, const DataSet& set,
                               std::vector<std::string>& problems) const {
  StudyPoint point{.cell = cell_name(wanted.overrides), .seed = wanted.seed, .overrides = wanted.overrides};
  point.request = set.paths;
  point.request.run = directory_.run(point.name());
  TrainConfig config = base_.request.config;
  config.seed = wanted.seed;
  const auto note = [&](const std::string& problem) {
    const std::string sentence = fmt::format("runs of {}: {}", point.cell, problem);
    if (std::find(problems.begin(), problems.end(), sentence) == problems.end()) problems.push_back(sentence);
  };
  try {
    for (const auto& [name, text] : wanted.overrides) find_setting(name)->set(config, text);
  } catch (const RequestError& failure) {
    note(failure.what());
    return point;
  }
  const DatasetInfo& info = set.data.train->info();
  config = resolved(config, info.task);
  const std::vector<std::string> found = lockstep::problems(config, info, base_.group_ranks);
  for (const std::string& problem : found) note(problem);
  if (found.empty()) config = resolved_for(info, config, /*own_scaling=*/false);
  point.request.config = config;
  return point;
}

std::vector<StudyPoint> StudyGrid::points(const std::vector<WantedPoint>& wanted) {
  std::vector<StudyPoint> points;
  std::set<std::string> names;
  std::vector<std::string> problems;
  for (const WantedPoint& each : wanted) {
    StudyPoint point = complete(each, data_set(each.seed), problems);
    if (names.insert(point.name()).second) points.push_back(std::move(point));
  }
  agree_on_problems(place_.communicator, problems);
  return points;
}

double RunWork::seconds(double flops) const { return flop / flops + steps * seconds_of_a_step; }

RunWork work_of(const RunRequest& request, const DatasetInfo& data) {
  const TrainConfig& config = request.config;
  const Index training = training_samples(config, data.samples);
  const Index batch = std::min(config.batch_size, training);
  const auto steps =
      static_cast<double>(config.steps > 0 ? config.steps : config.epochs * shard_count(training, batch));
  return {.steps = steps, .flop = 6 * parameter_count(network_spec(config, data)) * steps * static_cast<double>(batch)};
}

}  // namespace lockstep
