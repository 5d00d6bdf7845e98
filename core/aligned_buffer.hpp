// SPDX-License-Identifier: MIT
// A flat, zeroed, 64-byte-aligned array of scalars: where parameters, gradients and activations live.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <span>

#include "core/types.hpp"

namespace lockstep {

/// Owns `size()` scalars, aligned to `alignment_bytes`, zero at first. Movable; copying is explicit (`clone`).
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(Index size);

  [[nodiscard]] Index size() const noexcept { return size_; }
  [[nodiscard]] Scalar* data() noexcept { return data_.get(); }
  [[nodiscard]] const Scalar* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::span<Scalar> span() noexcept { return {data_.get(), static_cast<std::size_t>(size_)}; }
  [[nodiscard]] std::span<const Scalar> span() const noexcept { return {data_.get(), static_cast<std::size_t>(size_)}; }
  [[nodiscard]] AlignedBuffer clone() const;

 private:
  struct Free {
    void operator()(Scalar* data) const noexcept { ::operator delete[](data, std::align_val_t{alignment_bytes}); }
  };
  std::unique_ptr<Scalar[], Free> data_;
  Index size_ = 0;
};

}  // namespace lockstep
