// SPDX-License-Identifier: MIT
// How training data are told apart, and what they decide.
#include "apps/run_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "apps/content_check.hpp"
#include "parallel/data_split.hpp"
#include "parallel/work_plan.hpp"

namespace lockstep {

std::string data_identity(const Dataset& data) {
  const DatasetInfo& info = data.info();
  return fmt::format("{}, {} samples of {} features, content {}", std::filesystem::path{info.name}.filename().string(),
                     info.samples, info.features, content_fingerprint(data));
}

TrainConfig resolved_for(const DatasetInfo& data, TrainConfig config, bool own_scaling) {
  if (config.standardize == Standardize::automatic && !own_scaling) {
    const bool targets = data.task == Task::regression;
    if (data.byte_features)
      config.standardize = targets ? Standardize::targets : Standardize::none;
    else
      config.standardize = targets ? Standardize::all : Standardize::features;
  }
  const Index training = training_samples(config, data.samples);
  const Index batch = std::min(config.batch_size, training);
  if (config.shard_size == 0) config.shard_size = plan_work(batch).shard_size;
  const Index steps = config.steps > 0 ? config.steps : config.epochs * shard_count(training, batch);
  if (config.schedule == ScheduleKind::step && config.schedule_period == 0)
    config.schedule_period = std::max<Index>(1, steps / 3);
  return config;
}

}  // namespace lockstep
