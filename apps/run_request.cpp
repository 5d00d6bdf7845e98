// SPDX-License-Identifier: MIT
// How training data are told apart.
#include "apps/run_request.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "apps/content_check.hpp"

namespace lockstep {

std::string data_identity(const Dataset& data) {
  const DatasetInfo& info = data.info();
  return fmt::format("{}, {} samples of {} features, content {}", std::filesystem::path{info.name}.filename().string(),
                     info.samples, info.features, content_fingerprint(data));
}

}  // namespace lockstep
