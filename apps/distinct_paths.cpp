// SPDX-License-Identifier: MIT
// Comparing files rather than names.
#include "apps/distinct_paths.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.hpp"

namespace lockstep {

void require_not_an_input(const std::string& output, std::initializer_list<std::string> inputs) {
  for (const std::string& input : inputs) {
    std::error_code absent;
    if (!input.empty() && (input == output || std::filesystem::equivalent(input, output, absent)))
      throw RequestError{fmt::format("{} cannot be both input and output; choose another name for the output", output)};
  }
}

}  // namespace lockstep
