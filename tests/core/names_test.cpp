// SPDX-License-Identifier: MIT
// Name tables and the nearest known name.
#include "core/names.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr std::array<std::string_view, 5> known{"learning-rate", "momentum", "relu", "leaky-relu", "elu"};

TEST(NearestName, FindsMissingWrongExtraAndSwappedLetters) {
  EXPECT_EQ(nearest_name("momentm", known), "momentum");
  EXPECT_EQ(nearest_name("momontum", known), "momentum");
  EXPECT_EQ(nearest_name("momenttum", known), "momentum");
  EXPECT_EQ(nearest_name("rleu", known), "relu");
}

TEST(NearestName, IgnoresCaseAndTheKindOfDash) {
  EXPECT_EQ(nearest_name("Learning_Rate", known), "learning-rate");
  EXPECT_EQ(nearest_name("ELU", known), "elu");
}

TEST(NearestName, TakesTheFirstOfEquallyNearNames) {
  constexpr std::array<std::string_view, 2> both{"bat", "cat"};
  EXPECT_EQ(nearest_name("rat", both), "bat");
}

TEST(NearestName, CompletesABeginningWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("lea", known), "learning-rate");
  EXPECT_EQ(nearest_name("leaky", known), "leaky-relu");
  EXPECT_EQ(nearest_name("le", known), "");
}

TEST(NearestName, KnowsAnAbbreviationByItsInitialsBeforeWhatIsNear) {
  EXPECT_EQ(nearest_name("lr", known), "learning-rate");
  const std::vector<std::string_view> flags{"--l1", "--learning-rate", "--run"};
  EXPECT_EQ(nearest_name("--lr", flags), "--learning-rate");
}

TEST(NearestName, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(nearest_name("", known), "");
  EXPECT_EQ(nearest_name("batch-size", known), "");
  EXPECT_EQ(nearest_name("relu", {}), "");
}

enum class Fruit { apple, pear };
constexpr std::array<Named<Fruit>, 2> fruits{{{Fruit::apple, "apple"}, {Fruit::pear, "pear"}}};

TEST(NameTable, GoesFromValueToTextAndBack) {
  EXPECT_EQ(text_in(fruits, Fruit::pear), "pear");
  EXPECT_EQ(value_in(fruits, "fruit", "apple"), Fruit::apple);
}

TEST(NameTable, AnswersAnUnknownNameWithAllKnownOnesAndTheNearest) {
  try {
    (void)value_in(fruits, "fruit", "appel");
    FAIL() << "appel was accepted";
  } catch (const RequestError& error) {
    EXPECT_STREQ(error.what(), "unknown fruit 'appel'; known are apple, pear; did you mean 'apple'?");
  }
}

TEST(NameTable, SuggestsNothingWhenNothingIsNear) {
  try {
    (void)value_in(fruits, "fruit", "stone");
    FAIL() << "stone was accepted";
  } catch (const RequestError& error) {
    EXPECT_STREQ(error.what(), "unknown fruit 'stone'; known are apple, pear");
  }
}

}  // namespace
}  // namespace lockstep
