// SPDX-License-Identifier: MIT
// The messages of Lockstep's exceptions.
#include "core/error.hpp"

namespace lockstep {
namespace {

std::string joined(const std::vector<std::string>& problems) {
  std::string text;
  for (const std::string& problem : problems) {
    if (!text.empty()) text += '\n';
    text += problem;
  }
  return text;
}

}  // namespace

RequestError::RequestError(std::string problem) : RequestError{std::vector<std::string>{std::move(problem)}} {}

RequestError::RequestError(std::vector<std::string> problems)
    : Error{joined(problems)}, problems_{std::move(problems)} {}

FileError::FileError(std::string path, const std::string& problem)
    : RequestError{path + ": " + problem}, path_{std::move(path)} {}

DivergenceError::DivergenceError(std::uint64_t step, std::string layer, const std::string& advice)
    : RequestError{"training diverged at step " + std::to_string(step) + ": NaN or infinity in layer '" + layer +
                   "'; " + advice},
      step_{step},
      layer_{std::move(layer)} {}

}  // namespace lockstep
