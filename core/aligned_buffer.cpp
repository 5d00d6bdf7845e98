// SPDX-License-Identifier: MIT
// Allocation of aligned buffers.
#include "core/aligned_buffer.hpp"

namespace lockstep {

AlignedBuffer::AlignedBuffer(Index size) : size_{size} {
  const std::size_t bytes = static_cast<std::size_t>(padded(size)) * sizeof(Scalar);
  data_.reset(static_cast<Scalar*>(::operator new[](bytes, std::align_val_t{alignment_bytes})));
  std::memset(data_.get(), 0, bytes);
}

AlignedBuffer AlignedBuffer::clone() const {
  AlignedBuffer copy{size_};
  if (size_ > 0) std::memcpy(copy.data(), data(), static_cast<std::size_t>(size_) * sizeof(Scalar));
  return copy;
}

}  // namespace lockstep
