// SPDX-License-Identifier: MIT
// The checks that come before any writing.
#include "io/output_path.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "core/error.hpp"

namespace lockstep {

void require_writable(const std::string& output, bool replace, std::initializer_list<std::string> inputs) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (output.empty()) throw RequestError{"the name of the output is empty (\"\"); name a file"};
  for (const std::string& input : inputs) {
    if (!input.empty() && (input == output || fs::equivalent(input, output, ignored))) {
      throw RequestError{fmt::format("{} cannot be both input and output; choose another name for the output", output)};
    }
  }
  if (fs::is_directory(output, ignored)) throw FileError{output, "is a folder; name a file in it"};
  if (fs::exists(output, ignored) && !fs::is_regular_file(output, ignored)) {
    throw FileError{output, "is a device or a pipe, which cannot be replaced; name a file"};
  }
  if (!replace && fs::exists(fs::symlink_status(output, ignored))) {
    throw FileError{output, "exists already; choose another name, or --force to replace it"};
  }
  const fs::path folder = fs::path{output}.parent_path();
  std::error_code reason;
  if (folder.empty() || fs::is_directory(folder, reason)) return;
  if (!reason || reason == std::errc::no_such_file_or_directory) {
    throw FileError{output, "its folder does not exist; make it first"};
  }
  throw FileError{output, fmt::format("its folder cannot be reached ({}); check its permissions", reason.message())};
}

}  // namespace lockstep
