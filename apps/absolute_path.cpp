// SPDX-License-Identifier: MIT
// Without asking the file system for more than the current folder.
#include "apps/absolute_path.hpp"

#include <filesystem>

namespace lockstep {

std::string absolute_path(const std::string& path) {
  if (path.empty()) return {};
  std::error_code failure;
  const std::filesystem::path whole = std::filesystem::absolute(path, failure);
  return failure ? path : whole.lexically_normal().string();
}

}  // namespace lockstep
