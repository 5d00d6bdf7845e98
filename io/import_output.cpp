// SPDX-License-Identifier: MIT
// The check that comes before any importing.
#include "io/import_output.hpp"

#include <filesystem>
#include <system_error>

#include "core/error.hpp"

namespace lockstep {

void check_output(const ImportOutput& output) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::is_directory(output.path, ignored)) throw FileError{output.path, "is a folder; name a file in it"};
  if (!output.replace && fs::exists(output.path, ignored)) {
    throw FileError{output.path, "exists already; choose another name, or --force to replace it"};
  }
  const fs::path folder = fs::path{output.path}.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored)) {
    throw FileError{output.path, "its folder does not exist; make it first"};
  }
}

}  // namespace lockstep
