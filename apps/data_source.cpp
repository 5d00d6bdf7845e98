// SPDX-License-Identifier: MIT
// What must agree between training and test data.
#include "apps/data_source.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace lockstep {

std::unique_ptr<Dataset> try_open_dataset(const std::string& path, std::vector<std::string>& problems,
                                          TargetsWanted targets) {
  try {
    return open_dataset(path, targets);
  } catch (const RequestError& failure) {
    problems.insert(problems.end(), failure.problems().begin(), failure.problems().end());
    return nullptr;
  }
}

std::vector<std::string> mismatches(const DatasetInfo& train, const DatasetInfo& test) {
  constexpr std::string_view advice = "import the test data with --like and the training file";
  std::vector<std::string> found;
  if (train.features != test.features) {
    found.push_back(fmt::format("{} has {} features, but {} has {}; {}", test.name, test.features, train.name,
                                train.features, advice));
  }
  if (train.task != test.task) {
    found.push_back(fmt::format("{} is for {}, but {} for {}; both must have the same kind of target", test.name,
                                name_of(test.task), train.name, name_of(train.task)));
  } else if (train.task == Task::classification && test.classes > train.classes) {
    found.push_back(fmt::format("{} has {} classes, but {} only {}; {}", test.name, test.classes, train.name,
                                train.classes, advice));
  } else if (train.task == Task::regression && test.targets != train.targets) {
    found.push_back(fmt::format("{} has {} targets a sample, but {} has {}; {}", test.name, test.targets, train.name,
                                train.targets, advice));
  }
  return found;
}

}  // namespace lockstep
