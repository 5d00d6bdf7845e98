// SPDX-License-Identifier: MIT
// What a request comes to once the data are known.
#include "apps/run_request.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "core/settings.hpp"

namespace lockstep {

std::string data_identity(const DatasetInfo& data) {
  return fmt::format("{}, {} samples of {} features", std::filesystem::path{data.name}.filename().string(),
                     data.samples, data.features);
}

TrainConfig resolved(TrainConfig config, Task task) {
  if (!config.loss) config.loss = task == Task::classification ? Loss::cross_entropy : Loss::mean_squared_error;
  if (!config.output) config.output = output_activation_for(*config.loss);
  if (!config.initializer) config.initializer = initializer_for(config.activation);
  config.learning_rate = learning_rate_of(config);
  return config;
}

}  // namespace lockstep
