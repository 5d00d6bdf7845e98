// SPDX-License-Identifier: MIT
// Writing beside, flushing, renaming.
#include "io/durable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "core/error.hpp"
#include "io/file_descriptor.hpp"

namespace lockstep {
namespace {

[[noreturn]] void fail(const std::string& path, std::string_view action, int error) {
  throw FileError{path, fmt::format("cannot {} ({}); {}", action, std::generic_category().message(error),
                                    error == EFBIG ? "raise the limit on the size of files (ulimit -f)"
                                                   : "free space or choose another directory")};
}

/// Retries what a signal interrupted.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

FileDescriptor opened(const std::string& path, int flags, const std::string& target, std::string_view action) {
  constexpr mode_t mode = 0666;
  FileDescriptor file{uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); })};
  if (file.get() < 0) fail(target, action, errno);
  return file;
}

void write_all(int file, std::string_view bytes, const std::string& target) {
  // Linux writes at most 2 GiB at once, and any write may be short.
  constexpr std::size_t most = std::size_t{1} << 30U;
  while (!bytes.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(file, bytes.data(), std::min(bytes.size(), most)); });
    if (written < 0) fail(target, "write the file", errno);
    if (written == 0) fail(target, "write the file", ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void flush(int file, const std::string& target) {
  if (uninterrupted([&] { return ::fsync(file); }) < 0) fail(target, "flush the file to disk", errno);
}

/// Network file systems report late failures here. EINTR has closed the descriptor on Linux.
void close_checked(FileDescriptor file, const std::string& target) {
  if (::close(file.release()) < 0 && errno != EINTR) fail(target, "finish the file", errno);
}

void rename_into_place(const std::string& path) {
  if (std::rename(temporary_name_for(path).c_str(), path.c_str()) < 0) fail(path, "rename the finished file", errno);
}

void flush_directory_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path{path}.parent_path();
  const std::string directory = parent.empty() ? std::string{"."} : parent.string();
  FileDescriptor descriptor = opened(directory, O_RDONLY | O_DIRECTORY, path, "open its directory to flush it");
  // Some file systems know no flushing of directories and say so with EINVAL.
  if (uninterrupted([&] { return ::fsync(descriptor.get()); }) < 0 && errno != EINVAL) {
    fail(path, "flush its directory to disk", errno);
  }
  close_checked(std::move(descriptor), path);
}

}  // namespace

void make_directories_durably(const std::string& directory) {
  const std::filesystem::path path{directory};
  std::error_code error;
  if (path.empty() || std::filesystem::is_directory(path, error)) return;
  // "a/b/" has an empty name behind its last slash.
  const std::filesystem::path parent = path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
  if (parent != path) make_directories_durably(parent.string());  // "/" is its own parent
  constexpr mode_t mode = 0777;
  // Somebody else may have made it just now.
  if (::mkdir(directory.c_str(), mode) < 0 && errno != EEXIST) fail(directory, "create the directory", errno);
  if (!std::filesystem::is_directory(path, error)) fail(directory, "create the directory", ENOTDIR);
  flush_directory_of(path.has_filename() ? directory : path.parent_path().string());
}

std::string temporary_name_for(const std::string& path) { return path + ".lockstep-tmp"; }

void discard_temporary_file(const std::string& path) noexcept {
  try {
    ::unlink(temporary_name_for(path).c_str());
  } catch (const std::bad_alloc&) {
    // The stale file is overwritten by the next writer.
  }
}

void flush_temporary_file(const std::string& path) {
  FileDescriptor file = opened(temporary_name_for(path), O_WRONLY, path, "open the finished file to flush it");
  flush(file.get(), path);
  close_checked(std::move(file), path);
}

void publish_file(const std::string& path) {
  try {
    flush_temporary_file(path);
    rename_into_place(path);
  } catch (const FileError&) {
    discard_temporary_file(path);
    throw;
  }
  flush_directory_of(path);
}

void write_file_durably(const std::string& path, std::span<const std::string_view> parts) {
  try {
    FileDescriptor file = opened(temporary_name_for(path), O_WRONLY | O_CREAT | O_TRUNC, path, "create the file");
    for (const std::string_view part : parts) write_all(file.get(), part, path);
    flush(file.get(), path);
    close_checked(std::move(file), path);
    rename_into_place(path);
  } catch (const FileError&) {
    discard_temporary_file(path);
    throw;
  }
  flush_directory_of(path);
}

}  // namespace lockstep
