// SPDX-License-Identifier: MIT
// One owner for every file descriptor.
#pragma once

#include <unistd.h>

#include "core/unique_handle.hpp"

namespace lockstep {

struct FileDescriptorTraits {
  using Raw = int;
  static Raw null() noexcept { return -1; }
  static void close(Raw file) noexcept { ::close(file); }
};
using FileDescriptor = UniqueHandle<FileDescriptorTraits>;

}  // namespace lockstep
