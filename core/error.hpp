// SPDX-License-Identifier: MIT
// What Lockstep throws: one base, children that carry their data.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lockstep {

/// Base of everything Lockstep throws. The message says what, where, with which numbers, and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The request is wrong: flags, configuration, or data that cannot be read or do not fit (exit status 2).
/// Carries every problem found, one sentence each; `what()` joins them with line breaks.
class RequestError : public Error {
 public:
  explicit RequestError(std::string problem);
  explicit RequestError(std::vector<std::string> problems);
  [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }

 private:
  std::vector<std::string> problems_;
};

/// Two arrays that must fit do not (names both shapes). A RequestError: the caller's data are of another form.
class ShapeError : public RequestError {
 public:
  using RequestError::RequestError;
};

/// A file cannot be read or written, or does not hold what its format says.
class FileError : public RequestError {
 public:
  FileError(std::string path, const std::string& problem);
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// Training produced NaN or infinity, in the step (counted from 1) and the layer or parameter block that it names.
class DivergenceError : public RequestError {
 public:
  DivergenceError(std::uint64_t step, std::string layer, const std::string& advice);
  [[nodiscard]] std::uint64_t step() const noexcept { return step_; }
  [[nodiscard]] const std::string& layer() const noexcept { return layer_; }

 private:
  std::uint64_t step_;
  std::string layer_;
};

}  // namespace lockstep
