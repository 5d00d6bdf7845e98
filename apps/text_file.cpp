// SPDX-License-Identifier: MIT
// Reading a text file whole.
#include "apps/text_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/error.hpp"

namespace lockstep {

std::string text_of_file(const std::string& path) {
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::status(path, failure);
  if (status.type() == std::filesystem::file_type::not_found)
    throw FileError(path, "there is no such file; check the path");
  if (failure) throw FileError(path, fmt::format("cannot be read ({}); check its permissions", failure.message()));
  if (std::filesystem::is_directory(status)) throw FileError(path, "is a directory, not a file of text");
  std::ifstream stream{path, std::ios::binary};
  std::ostringstream text;
  if (stream.peek() != std::ifstream::traits_type::eof()) text << stream.rdbuf();
  if (stream.bad() || !stream.is_open()) throw FileError(path, "cannot be read; check its permissions");
  return text.str();
}

}  // namespace lockstep
