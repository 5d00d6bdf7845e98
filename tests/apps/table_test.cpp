// SPDX-License-Identifier: MIT
#include "apps/table.hpp"

#include <gtest/gtest.h>

#include "apps/help_formatter.hpp"

namespace lockstep {
namespace {

TEST(Table, AlignsTheFirstColumnLeftAndTheOthersRight) {
  Table table;
  table.add({"class", "recall"});
  table.add({"Käfer", "0.5"});
  table.add({"x"});
  EXPECT_EQ(table.text(), "class  recall\nKäfer     0.5\nx");
}

TEST(Listing, PutsValuesInOneColumn) { EXPECT_EQ(listing({{"a", "1"}, {"long", "2"}}), "a     1\nlong  2"); }

TEST(ShortNumber, KeepsSmallAndLargeNumbersReadable) {
  EXPECT_EQ(short_number(0.12345), "0.1235");
  EXPECT_EQ(short_number(0), "0.0000");
  EXPECT_EQ(short_number(0.00012345), "1.23e-04");
  EXPECT_EQ(short_number(-12345678), "-1.23e+07");
  EXPECT_EQ(short_number(9.87654), "9.8765");
  EXPECT_EQ(short_number(-12.34567), "-12.346");
  EXPECT_EQ(short_number(68123.456), "68123");
  EXPECT_EQ(short_number(123456.7), "123457");
}

TEST(WithThousands, PutsACommaBetweenGroupsOfThree) {
  EXPECT_EQ(with_thousands(1234567.4), "1,234,567");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(-1000), "-1,000");
}

TEST(Wrapped, BreaksLinesBetweenWordsAndKeepsBreaks) {
  EXPECT_EQ(wrapped("one two three", 8), "one two\nthree");
  EXPECT_EQ(wrapped("one\ntwo three", 20), "one\ntwo three");
  EXPECT_EQ(wrapped("unbreakable", 3), "unbreakable");
}

}  // namespace
}  // namespace lockstep
