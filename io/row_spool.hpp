// SPDX-License-Identifier: MIT
// Rows set aside in a nameless file until their number is known.
#pragma once

#include <cstddef>
#include <cstdio>
#include <functional>
#include <span>
#include <string>

#include "core/types.hpp"
#include "core/unique_handle.hpp"

namespace lockstep {

struct StreamTraits {
  using Raw = std::FILE*;
  static Raw null() noexcept { return nullptr; }
  static void close(Raw stream) noexcept { std::fclose(stream); }
};

/// A file beside `path` whose name is removed at once, so that nothing can be left behind. Throws FileError naming
/// `path`.
class RowSpool {
 public:
  explicit RowSpool(const std::string& path);
  void append(std::span<const std::byte> bytes);
  /// Calls `sink` with all bytes in order, in pieces of `piece_bytes` (the last may be shorter).
  void replay(std::size_t piece_bytes, const std::function<void(std::span<const std::byte>)>& sink);

 private:
  std::string path_;
  UniqueHandle<StreamTraits> stream_;
};

}  // namespace lockstep
