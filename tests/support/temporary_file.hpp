// SPDX-License-Identifier: MIT
// Files that live as long as a test.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace lockstep {

/// A name in the system's folder for temporary files, unique in this process and among processes; what lies there is
/// removed at the end. With `content`, the file is made.
class TemporaryFile {
 public:
  TemporaryFile() : path_{unique_path("")} {}
  explicit TemporaryFile(std::string_view content, std::string_view suffix = "") : path_{unique_path(suffix)} {
    std::ofstream{path_, std::ios::binary} << content;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  static std::string unique_path(std::string_view suffix) {
    static std::atomic<int> number{0};
    const std::string name = "lockstep-" + std::to_string(getpid()) + "-" + std::to_string(++number);
    return (std::filesystem::temp_directory_path() / name).string() + std::string{suffix};
  }

  std::string path_;
};

}  // namespace lockstep
