// SPDX-License-Identifier: MIT
// A flat, zeroed, 64-byte-aligned array of scalars: where parameters, gradients and activations live.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "core/types.hpp"

namespace lockstep {

/// Owns `size()` scalars, aligned to `alignment_bytes`, zero at first. Copying is explicit (`clone`); what was moved
/// from is empty.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(Index size);
  AlignedBuffer(AlignedBuffer&& other) noexcept : data_{std::move(other.data_)}, size_{std::exchange(other.size_, 0)} {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~AlignedBuffer() = default;

  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] Scalar* data() noexcept { return data_.get(); }
  [[nodiscard]] const Scalar* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::span<Scalar> span() noexcept { return {data_.get(), static_cast<std::size_t>(size_)}; }
  [[nodiscard]] std::span<const Scalar> span() const noexcept { return {data_.get(), static_cast<std::size_t>(size_)}; }
  [[nodiscard]] AlignedBuffer clone() const;

 private:
  struct Free {
    std::align_val_t alignment;
    void operator()(Scalar* data) const noexcept { ::operator delete[](data, alignment); }
  };
  std::unique_ptr<Scalar[], Free> data_{nullptr, Free{std::align_val_t{alignment_bytes}}};
  Index size_ = 0;
};

/// Scratch memory of the calling thread for one `Purpose` (any type that names it), grown when needed; what it held
/// before stays or not. Valid until the same thread asks for the same purpose again.
template <class Purpose>
[[nodiscard]] std::span<Scalar> thread_scratch(Index scalars) {
  thread_local AlignedBuffer scratch;
  if (scratch.size() < scalars) scratch = AlignedBuffer{scalars};
  return scratch.span().first(static_cast<std::size_t>(scalars));
}

}  // namespace lockstep
