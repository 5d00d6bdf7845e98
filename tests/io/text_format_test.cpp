// SPDX-License-Identifier: MIT
// Which delimiter, header or none, number or not: guesses and names.
#include "io/text_format.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/table_values.hpp"
#include "tests/support/temporary_file.hpp"

namespace lockstep {
namespace {

char delimiter_of(const std::string& text) { return detect_delimiter(TemporaryFile{text}.path()); }

bool header_of(const std::string& text, char delimiter = ',') {
  const TemporaryFile file{text};
  return detect_header(file.path(), delimiter);
}

std::string failure(const std::string& text) {
  const TemporaryFile file{text};
  try {
    (void)detect_delimiter(file.path());
  } catch (const FileError& error) {
    return std::string{error.what()}.substr(file.path().size());
  }
  return "no failure";
}

TEST(TextFormat, TheDelimiterIsTheOneThatCutsAllLinesAlike) {
  EXPECT_EQ(delimiter_of("a,b,c\n1,2,3\n"), ',');
  EXPECT_EQ(delimiter_of("\"fixed acidity\";\"ph\"\n7;0.27\n"), ';');
  EXPECT_EQ(delimiter_of("x\ty z\n1\t2 3\n"), '\t');
  EXPECT_EQ(delimiter_of(" 1.5  2 \n 3 4\n"), blanks);
  EXPECT_EQ(delimiter_of("place,kind\nNEAR BAY,x\nINLAND,y\n"), ',');
  EXPECT_EQ(delimiter_of("7,5;0,27\n6,5;0,3\n"), ';');
}

TEST(TextFormat, WhereLinesDisagreeTheDelimiterOfMostLinesWins) { EXPECT_EQ(delimiter_of("1,2,3\n4,5,6\n7,8\n"), ','); }

TEST(TextFormat, FilesWithoutColumnsAreErrors) {
  EXPECT_EQ(failure(""), ": is empty");
  EXPECT_EQ(failure("\n\n"), ": is empty");
  EXPECT_EQ(failure("one\ntwo\n"),
            ": no tab, semicolon, comma or blank cuts its first line into columns; say which character does by "
            "--delimiter");
}

TEST(TextFormat, MissingFilesAndFoldersAreErrors) {
  EXPECT_THROW((void)detect_delimiter("/nonexistent/table.csv"), FileError);
  EXPECT_THROW((void)detect_delimiter("/tmp"), FileError);
}

TEST(TextFormat, NamesOfDelimitersGoBothWays) {
  for (const char* name : {"tab", "semicolon", "comma", "blanks", "|"}) {
    EXPECT_EQ(name_of_delimiter(delimiter_named(name)), name);
  }
  EXPECT_EQ(delimiter_named(","), ',');
  EXPECT_EQ(delimiter_named("\\t"), '\t');
  EXPECT_THROW((void)delimiter_named("colon"), RequestError);
  EXPECT_THROW((void)delimiter_named("\""), RequestError);
}

TEST(TextFormat, NamesAboveNumbersAreAHeader) {
  EXPECT_TRUE(header_of("a,b\n1,2\n3,4\n"));
  EXPECT_TRUE(header_of("kind,size\nM,2\nF,?\n"));
  EXPECT_TRUE(header_of(",a\n0,2\n1,4\n")) << "an index column without a name";
}

TEST(TextFormat, ARowWithANumberOrAQuestionMarkIsNoHeader) {
  EXPECT_FALSE(header_of("M,0.4\nF,0.5\n"));
  EXPECT_FALSE(header_of("M,?\nF,0.5\n"));
  EXPECT_FALSE(header_of("0,1,target\n5,6,7\n"));
}

TEST(TextFormat, InATableOfTextsAHeaderDoesNotOccurAgain) {
  EXPECT_TRUE(header_of("shape,class\nround,yes\nsquare,no\nround,no\n"));
  EXPECT_FALSE(header_of("round,yes\nsquare,no\nround,no\n"));
  EXPECT_TRUE(header_of("round,yes\n")) << "names and no rows";
  EXPECT_FALSE(header_of("1,yes\n")) << "one row";
}

TEST(TableValues, MissingIsEmptyQuestionMarkNaAndNan) {
  for (const char* field : {"", "?", "NA", "NaN", "nan", "NAN"}) EXPECT_TRUE(is_missing(field)) << field;
  for (const char* field : {"0", "na", "??", "none", " "}) EXPECT_FALSE(is_missing(field)) << field;
}

TEST(TableValues, NumbersAreDecimalWithAPoint) {
  EXPECT_EQ(parse_number("-1.5e3").value, -1500);
  EXPECT_EQ(parse_number("+2").value, 2);
  EXPECT_EQ(parse_number(".5").value, 0.5);
  EXPECT_EQ(parse_number("1e-400").kind, NumberKind::number);
  EXPECT_EQ(parse_number("1e-400").value, 0);
  for (const char* field : {"", "+", "-", "+-1", "1,5", "12x", "x", "1 2", "0x10", "nan", "1e"}) {
    EXPECT_EQ(parse_number(field).kind, NumberKind::text) << field;
  }
}

TEST(TableValues, WhatAFloatCannotHoldIsInfinite) {
  for (const char* field : {"inf", "-inf", "Infinity", "1e39", "-1e400"}) {
    EXPECT_EQ(parse_number(field).kind, NumberKind::infinite) << field;
  }
  EXPECT_EQ(parse_number("3.4e38").kind, NumberKind::number);
}

}  // namespace
}  // namespace lockstep
