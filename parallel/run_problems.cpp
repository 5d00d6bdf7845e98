// SPDX-License-Identifier: MIT
// Why a configuration cannot train on certain data.
#include <string>

#include "core/settings.hpp"
#include "parallel/data_split.hpp"
#include "parallel/trainer.hpp"

namespace lockstep {
namespace {

void check_task(const TrainConfig& config, const DatasetInfo& data, std::vector<std::string>& found) {
  const bool for_classes =
      config.loss && (*config.loss == Loss::cross_entropy || *config.loss == Loss::binary_cross_entropy);
  if (data.task == Task::regression && for_classes)
    found.push_back("--loss " + std::string{name_of(*config.loss)} + " needs classes, but the targets of " + data.name +
                    " are values; use mean-squared-error, mean-absolute-error or huber.");
  if (data.task == Task::classification && data.classes < 2)
    found.push_back(data.name + " has " + std::to_string(data.classes) + " class; classification needs at least two.");
}

void check_counts(const TrainConfig& config, const DatasetInfo& data, int ranks, std::vector<std::string>& found) {
  if (data.samples < 1) {
    found.push_back(data.name + " holds no samples.");
    return;
  }
  const Index validation = held_out(config.validation, data.samples);
  if (config.validation > 0 && (validation < 1 || validation >= data.samples))
    found.push_back("--validation holds out " + std::to_string(validation) + " of " + std::to_string(data.samples) +
                    " samples; it must leave at least one on either side.");
  if (config.batch_size >= 1 && config.batch_size < ranks)
    found.push_back("a batch of " + std::to_string(config.batch_size) + " samples cannot be shared by " +
                    std::to_string(ranks) + " ranks; raise --batch-size or start fewer ranks.");
}

}  // namespace

std::vector<std::string> problems(const TrainConfig& config, const DatasetInfo& data, int ranks) {
  std::vector<std::string> found = problems(config);
  check_task(config, data, found);
  check_counts(config, data, ranks, found);
  return found;
}

}  // namespace lockstep
