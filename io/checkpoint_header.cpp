// SPDX-License-Identifier: MIT
// Composing and checking the header.
#include "io/checkpoint_header.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "io/checkpoint_file.hpp"
#include "io/checksum.hpp"
#include "io/file_descriptor.hpp"

namespace lockstep {
namespace {

constexpr std::string_view magic = "LOCKSTEP CHECKPOINT\n";
constexpr std::size_t checksum_digits = 32;

/// The header without its checksum. All lines have a fixed length, so that each number has its place.
std::string unsigned_header(std::size_t file_bytes) {
  std::string text =
      fmt::format("{}format {:04}\nbytes {:020}\nxxh3-128 ", magic, checkpoint_format_version, file_bytes);
  text.append(checksum_digits, '0');
  text +=
      "\nThe rest of this file is HDF5. The checksum is that of the whole file with the checksum's digits as zeros.\n";
  text.resize(checkpoint_header_bytes, '\0');
  return text;
}

std::size_t checksum_place() { return unsigned_header(0).find("xxh3-128 ") + std::string_view{"xxh3-128 "}.size(); }

std::span<const std::byte> bytes_of_text(std::string_view text) { return std::as_bytes(std::span{text}); }

std::string with_checksum(std::string header, const std::string& checksum) {
  return header.replace(checksum_place(), checksum_digits, checksum);
}

[[noreturn]] void fail_to_read(const std::string& path) {
  const std::string reason = std::generic_category().message(errno);
  if (errno == EIO) {
    throw DamagedCheckpoint{path, fmt::format("cannot be read from the disk ({})", reason)};
  }
  throw FileError{path, fmt::format("cannot be read ({}); check the path and its permissions", reason)};
}

/// Fills `buffer` as far as the file goes; returns the number of bytes.
std::size_t read_some(int file, std::span<char> buffer, const std::string& path) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t count = ::read(file, buffer.data() + filled, buffer.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_to_read(path);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  return filled;
}

/// Is this a checkpoint of some version, as long as it says?
void check_kind_and_length(const std::string& path, const std::string& header, std::size_t file_bytes) {
  if (header.size() < checkpoint_header_bytes || !header.starts_with(magic)) {
    throw DamagedCheckpoint{path, fmt::format("this is not a Lockstep checkpoint ({} bytes, no header); name a file "
                                              "that 'lockstep train' wrote",
                                              file_bytes)};
  }
  const std::string expected = unsigned_header(file_bytes);
  const std::size_t from = expected.find("bytes ");
  const std::size_t length = expected.find("xxh3-128 ") - from;
  if (header.substr(from, length) != expected.substr(from, length)) {
    throw DamagedCheckpoint{path,
                            fmt::format("the checkpoint is truncated or damaged: it has {} bytes, its header names "
                                        "another number",
                                        file_bytes)};
  }
}

/// Asked last: a changed digit must not pass for another version.
void check_version(const std::string& path, const std::string& header) {
  const std::string expected = unsigned_header(0);
  const std::size_t length = expected.find("bytes ");
  if (header.substr(0, length) == expected.substr(0, length)) return;
  throw FileError{path, fmt::format("the checkpoint's format is not version {}, the only one this program reads; use "
                                    "the Lockstep that wrote it",
                                    checkpoint_format_version)};
}

}  // namespace

std::string checkpoint_header(std::string_view body) {
  std::string header = unsigned_header(checkpoint_header_bytes + body.size());
  Checksum checksum;
  checksum.add(bytes_of_text(header));
  checksum.add(bytes_of_text(body));
  return with_checksum(std::move(header), checksum.hex());
}

void verify_checkpoint_bytes(const std::string& path) {
  // A pipe then reads as empty instead of waiting for a writer.
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) < 0) fail_to_read(path);
  const auto file_bytes = static_cast<std::size_t>(status.st_size);
  std::string header(checkpoint_header_bytes, '\0');
  header.resize(read_some(file.get(), header, path));
  check_kind_and_length(path, header, file_bytes);
  Checksum checksum;
  checksum.add(bytes_of_text(with_checksum(header, std::string(checksum_digits, '0'))));
  std::vector<char> piece(std::size_t{1} << 20U);
  while (const std::size_t count = read_some(file.get(), piece, path)) {
    checksum.add(std::as_bytes(std::span{piece}.first(count)));
  }
  if (header != with_checksum(header, checksum.hex())) {
    throw DamagedCheckpoint{path,
                            fmt::format("the checkpoint is damaged: the checksum of its bytes is {} and its header "
                                        "says {}",
                                        checksum.hex(), header.substr(checksum_place(), checksum_digits))};
  }
  check_version(path, header);
}

}  // namespace lockstep
