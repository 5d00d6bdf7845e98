// SPDX-License-Identifier: MIT
// The checks that come before any reading.
#include "io/input_path.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/error.hpp"

namespace lockstep {

void require_readable(const std::string& path, std::string_view advice) {
  namespace fs = std::filesystem;
  const std::string otherwise = advice.empty() ? std::string{} : fmt::format(", or {}", advice);
  if (path.empty()) throw RequestError{fmt::format("the name of a file is empty (\"\"); name one{}", otherwise)};
  std::error_code failure;
  const fs::file_type type = fs::status(path, failure).type();
  if (type == fs::file_type::not_found) {
    throw FileError{path, fmt::format("there is no such file; check the path{}", otherwise)};
  }
  if (type == fs::file_type::directory) {
    throw FileError{path, fmt::format("is a folder; name a file in it{}", otherwise)};
  }
  if (failure == std::errc::too_many_symbolic_link_levels) {
    throw FileError{path, fmt::format("is a link that leads back to itself; name the file itself{}", otherwise)};
  }
  if (!failure && type != fs::file_type::regular) {
    throw FileError{path, fmt::format("is a device or a pipe, which can be read only once or without end; save it to "
                                      "a file first{}",
                                      otherwise)};
  }
  errno = 0;
  if (const std::ifstream file{path, std::ios::binary}; failure || !file) {
    const std::error_code reason = failure ? failure : std::error_code{errno, std::generic_category()};
    throw FileError{path, fmt::format("cannot be opened for reading ({}); check its permissions", reason.message())};
  }
}

}  // namespace lockstep
