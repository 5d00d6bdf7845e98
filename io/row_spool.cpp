// SPDX-License-Identifier: MIT
// Writing rows aside and reading them back.
#include "io/row_spool.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "io/durable_file.hpp"

namespace lockstep {
namespace {

[[noreturn]] void fail(const std::string& path, std::string_view action) {
  throw FileError{path, fmt::format("cannot {} a temporary file beside it ({}); free space or choose another directory",
                                    action, std::generic_category().message(errno))};
}

}  // namespace

RowSpool::RowSpool(const std::string& path) : path_{path} {
  const std::string name = temporary_name_for(path + ".rows");
  stream_.reset(std::fopen(name.c_str(), "w+b"));
  if (stream_.get() == nullptr) fail(path_, "create");
  ::unlink(name.c_str());
}

void RowSpool::append(std::span<const std::byte> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stream_.get()) != bytes.size()) fail(path_, "write");
}

void RowSpool::replay(std::size_t piece_bytes, const std::function<void(std::span<const std::byte>)>& sink) {
  if (std::fflush(stream_.get()) != 0) fail(path_, "write");
  if (std::fseek(stream_.get(), 0, SEEK_SET) != 0) fail(path_, "read");
  std::vector<std::byte> piece(piece_bytes);
  std::size_t count = 0;
  while ((count = std::fread(piece.data(), 1, piece_bytes, stream_.get())) > 0) sink({piece.data(), count});
  if (std::ferror(stream_.get()) != 0) fail(path_, "read");
}

}  // namespace lockstep
