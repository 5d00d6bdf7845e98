// SPDX-License-Identifier: MIT
#include "io/checksum.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace lockstep {
namespace {

TEST(Checksum, OfNothingIsTheOneThatXxHashPublishes) { EXPECT_EQ(checksum_of({}), "99aa06d3014798d86001c324468d497f"); }

TEST(Checksum, DoesNotDependOnThePieces) {
  const std::string_view text = "all work and no play makes a dull boy";
  const std::span<const std::byte> bytes = std::as_bytes(std::span{text});
  Checksum pieces;
  pieces.add(bytes.first(5));
  pieces.add(bytes.subspan(5, 0));
  pieces.add(bytes.subspan(5));
  EXPECT_EQ(pieces.hex(), checksum_of(bytes));
  EXPECT_NE(pieces.hex(), checksum_of(bytes.first(36)));
}

}  // namespace
}  // namespace lockstep
