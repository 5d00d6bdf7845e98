// SPDX-License-Identifier: MIT
// Reading and writing a text file whole.
#include "apps/text_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "io/durable_file.hpp"
#include "io/input_path.hpp"

namespace lockstep {
namespace {

/// Far more than any text that is read whole here.
constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 24U;

}  // namespace

std::string text_of_file(const std::string& path) {
  require_readable(path);
  std::error_code unknown;
  if (const std::uintmax_t bytes = std::filesystem::file_size(path, unknown); !unknown && bytes > most_bytes) {
    throw FileError(path, fmt::format("has {} bytes, and such a file of text has {} at most; is it the right one?",
                                      bytes, most_bytes));
  }
  std::ifstream stream{path, std::ios::binary};
  std::ostringstream text;
  if (stream.peek() != std::ifstream::traits_type::eof()) text << stream.rdbuf();
  if (stream.bad() || !stream.is_open()) throw FileError(path, "cannot be read; check its permissions");
  return text.str();
}

void write_text_file(const std::string& path, std::string_view text) {
  make_directories_durably(std::filesystem::path{path}.parent_path().string());
  const std::string_view parts[] = {text};
  write_file_durably(path, parts);
}

}  // namespace lockstep
