// SPDX-License-Identifier: MIT
// Allocation of aligned buffers.
#include "core/aligned_buffer.hpp"

#include <sys/mman.h>

namespace lockstep {

namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20;

}  // namespace

AlignedBuffer::AlignedBuffer(Index size) : size_{size} {
  const std::size_t bytes = static_cast<std::size_t>(padded(size)) * sizeof(Scalar);
  // Products read columns that lie pages apart, more of them than the processor keeps addresses of; of huge pages it
  // needs few. Where the system has none, nothing is lost.
  const bool huge = bytes >= huge_page_bytes;
  const std::align_val_t alignment{huge ? huge_page_bytes : alignment_bytes};
  data_ = decltype(data_){static_cast<Scalar*>(::operator new[](bytes, alignment)), Free{alignment}};
  if (huge) (void)::madvise(data_.get(), bytes, MADV_HUGEPAGE);
  std::memset(data_.get(), 0, bytes);
}

AlignedBuffer AlignedBuffer::clone() const {
  AlignedBuffer copy{size_};
  if (size_ > 0) std::memcpy(copy.data(), data(), static_cast<std::size_t>(size_) * sizeof(Scalar));
  return copy;
}

}  // namespace lockstep
