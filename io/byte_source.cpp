// SPDX-License-Identifier: MIT
// Files through zlib, which passes plain ones on unchanged.
#include "io/byte_source.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "core/unique_handle.hpp"
#include "io/input_path.hpp"

namespace lockstep {
namespace {

struct GzipTraits {
  using Raw = gzFile;
  static Raw null() noexcept { return nullptr; }
  static void close(Raw file) noexcept { gzclose_r(file); }
};

constexpr unsigned buffer_bytes = 256 * 1024;
constexpr std::size_t most_at_once = std::size_t{1} << 30U;

}  // namespace

struct ByteSource::Stream {
  UniqueHandle<GzipTraits> file;
  double stored_bytes = 0;
};

ByteSource::ByteSource(std::string path) : path_{std::move(path)}, stream_{std::make_unique<Stream>()} {
  require_readable(path_);
  stream_->file.reset(gzopen(path_.c_str(), "rb"));
  if (stream_->file.get() == nullptr) {
    throw FileError{path_, fmt::format("cannot be opened ({}); check its permissions", std::strerror(errno))};
  }
  gzbuffer(stream_->file.get(), buffer_bytes);
  std::error_code failure;
  const auto size = std::filesystem::file_size(path_, failure);
  stream_->stored_bytes = failure ? 0.0 : static_cast<double>(size);
}

ByteSource::~ByteSource() = default;
ByteSource::ByteSource(ByteSource&&) noexcept = default;
ByteSource& ByteSource::operator=(ByteSource&&) noexcept = default;

std::size_t ByteSource::read(std::span<char> into) {
  gzFile file = stream_->file.get();
  std::size_t filled = 0;
  while (filled < into.size()) {
    const auto wanted = static_cast<unsigned>(std::min(into.size() - filled, most_at_once));
    const int got = gzread(file, into.data() + filled, wanted);
    int code = Z_OK;
    const char* reason = gzerror(file, &code);
    if (code == Z_ERRNO) throw FileError{path_, fmt::format("cannot be read ({})", std::strerror(errno))};
    if (code == Z_BUF_ERROR) throw FileError{path_, "the compressed data end too soon; fetch or copy the file again"};
    if (got < 0 || code != Z_OK) {
      throw FileError{path_, fmt::format("the compressed data are damaged ({}); fetch or copy the file again", reason)};
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

double ByteSource::fraction() const {
  if (stream_->stored_bytes <= 0) return 1;
  return std::min(1.0, static_cast<double>(gzoffset(stream_->file.get())) / stream_->stored_bytes);
}

}  // namespace lockstep
