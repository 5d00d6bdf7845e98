// SPDX-License-Identifier: MIT
// How training data are told apart.
#include "apps/run_request.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace lockstep {

std::string data_identity(const DatasetInfo& data) {
  return fmt::format("{}, {} samples of {} features", std::filesystem::path{data.name}.filename().string(),
                     data.samples, data.features);
}

}  // namespace lockstep
