// SPDX-License-Identifier: MIT
#include "core/aligned_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace lockstep {
namespace {

TEST(AlignedBuffer, IsAlignedAndZeroAtFirst) {
  for (const Index size : {1, 7, 16, 101}) {
    const AlignedBuffer buffer{size};
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % alignment_bytes, 0U);
    EXPECT_TRUE(std::all_of(buffer.span().begin(), buffer.span().end(), [](Scalar value) { return value == 0; }));
  }
}

// NOLINTBEGIN(bugprone-use-after-move): what is left behind is what is tested
TEST(AlignedBuffer, LeavesAnEmptyBufferBehindWhenMovedFrom) {
  AlignedBuffer first{13};
  first.data()[12] = 5;
  AlignedBuffer second{std::move(first)};
  EXPECT_EQ(first.size(), 0);
  EXPECT_TRUE(first.span().empty());
  EXPECT_EQ(second.data()[12], 5);
  AlignedBuffer third{3};
  third = std::move(second);
  EXPECT_EQ(second.size(), 0);
  EXPECT_EQ(second.clone().size(), 0);
  ASSERT_EQ(third.size(), 13);
  EXPECT_EQ(third.data()[12], 5);
}
// NOLINTEND(bugprone-use-after-move)

TEST(ThreadScratch, GrowsAndIsAnotherForEachPurpose) {
  struct One {};
  struct Other {};
  const std::span<Scalar> one = thread_scratch<One>(7);
  const std::span<Scalar> other = thread_scratch<Other>(7);
  EXPECT_EQ(one.size(), 7U);
  EXPECT_NE(one.data(), other.data());
  EXPECT_EQ(thread_scratch<One>(5).data(), one.data());
  EXPECT_EQ(thread_scratch<One>(1009).size(), 1009U);
}

}  // namespace
}  // namespace lockstep
