// SPDX-License-Identifier: MIT
// One owner for every C handle.
#pragma once

#include <utility>

namespace lockstep {

/// Owns a C library's handle and closes it once. `Traits` has `Raw`, `null()` and `close(Raw)`, all noexcept.
template <class Traits>
class UniqueHandle {
 public:
  using Raw = typename Traits::Raw;

  explicit UniqueHandle(Raw raw = Traits::null()) noexcept : raw_{raw} {}
  UniqueHandle(UniqueHandle&& other) noexcept : raw_{other.release()} {}
  UniqueHandle& operator=(UniqueHandle&& other) noexcept {
    reset(other.release());
    return *this;
  }
  UniqueHandle(const UniqueHandle&) = delete;
  UniqueHandle& operator=(const UniqueHandle&) = delete;
  ~UniqueHandle() { reset(); }

  [[nodiscard]] Raw get() const noexcept { return raw_; }
  [[nodiscard]] Raw release() noexcept { return std::exchange(raw_, Traits::null()); }
  void reset(Raw next = Traits::null()) noexcept {
    if (raw_ != Traits::null()) Traits::close(raw_);
    raw_ = next;
  }

 private:
  Raw raw_;
};

}  // namespace lockstep
