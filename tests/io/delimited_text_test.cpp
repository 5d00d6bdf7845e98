// SPDX-License-Identifier: MIT
// Records and fields of delimited text, good and bad.
#include "io/delimited_text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/support/temporary_file.hpp"

namespace lockstep {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records read(const std::string& text, char delimiter) {
  const TemporaryFile file{text};
  DelimitedReader reader{file.path(), delimiter};
  Records records;
  while (reader.next()) records.emplace_back(reader.fields().begin(), reader.fields().end());
  return records;
}

std::string failure(const std::string& text, char delimiter) {
  try {
    (void)read(text, delimiter);
  } catch (const FileError& error) {
    return std::string{error.what()}.substr(error.path().size());
  }
  return "no failure";
}

TEST(DelimitedText, SplitsAtTheDelimiterAndTrimsBlanks) {
  EXPECT_EQ(read("a, b ,c\n1,,3\n", ','), (Records{{"a", "b", "c"}, {"1", "", "3"}}));
  EXPECT_EQ(read("1;2,5;\n", ';'), (Records{{"1", "2,5", ""}}));
  EXPECT_EQ(read("a b\t\tc\n\t\t\n", '\t'), (Records{{"a b", "", "c"}, {"", "", ""}}));
}

TEST(DelimitedText, RunsOfBlanksAreOneDelimiterAndMayLeadAndTrail) {
  EXPECT_EQ(read("  1 \t 2   3 \n4 5\t6", blanks), (Records{{"1", "2", "3"}, {"4", "5", "6"}}));
  EXPECT_EQ(read("\"a b\"  c \"\" \r\n", blanks), (Records{{"a b", "c", ""}}));
}

TEST(DelimitedText, QuotedFieldsKeepDelimitersBlanksLineBreaksAndDoubledQuotes) {
  EXPECT_EQ(read("\"a,b\", \" c \" ,\"say \"\"hi\"\"\"\n\"two\nlines\",\"\",x\n", ','),
            (Records{{"a,b", " c ", "say \"hi\""}, {"two\nlines", "", "x"}}));
}

TEST(DelimitedText, AQuoteInsideAnUnquotedFieldIsACharacter) {
  EXPECT_EQ(read("5\" pipe,\"x\"\n", ','), (Records{{"5\" pipe", "x"}}));
}

TEST(DelimitedText, LineEndsMayBeLfOrCrLfAndTheLastMayBeAbsent) {
  EXPECT_EQ(read("a,b\r\n\"c\",d\r\ne,\"f\"", ','), (Records{{"a", "b"}, {"c", "d"}, {"e", "f"}}));
}

TEST(DelimitedText, AByteOrderMarkIsDropped) {
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a,b\n",
                 ','),
            (Records{{"a", "b"}}));
}

TEST(DelimitedText, BlankLinesBeforeAndAfterTheRecordsAreSkipped) {
  EXPECT_EQ(read("\n  \r\na,b\nc,d\n\n \n", ','), (Records{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read("", ','), Records{});
  EXPECT_EQ(read("\n\n", ','), Records{});
}

TEST(DelimitedText, RecordsKnowTheLineOnWhichTheyBegin) {
  const TemporaryFile file{"\na,b\n\"x\ny\",2\nlast,3\n"};
  DelimitedReader reader{file.path(), ','};
  std::vector<Index> lines;
  while (reader.next()) lines.push_back(reader.line());
  EXPECT_EQ(lines, (std::vector<Index>{2, 3, 5}));
}

TEST(DelimitedText, RecordsLongerThanTheFirstBufferAreRead) {
  const std::string long_text(3'000'001, 'x');
  const Records records = read(fmt::format("a,\"{0}\n\"\"end\",b\nc,{0}\n", long_text), ',');
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0], (std::vector<std::string>{"a", long_text + "\n\"end", "b"}));
  EXPECT_EQ(records[1], (std::vector<std::string>{"c", long_text}));
}

TEST(DelimitedText, RecordsAcrossBufferBoundariesArrive) {
  std::string text;
  for (int i = 0; i < 100'003; ++i) text += fmt::format("{0},\"q{0}\",plain\n", i);
  const Records records = read(text, ',');
  ASSERT_EQ(records.size(), 100'003U);
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(records[i], (std::vector<std::string>{fmt::format("{}", i), fmt::format("q{}", i), "plain"}));
  }
}

TEST(DelimitedText, AQuoteNeverClosedIsAnErrorThatNamesItsLine) {
  EXPECT_EQ(failure("a,b\nc,\"d\ne,f\n", ','),
            ": line 2: a quote is opened and never closed; double a quote that is meant as a character");
}

TEST(DelimitedText, TextBehindAClosingQuoteIsAnErrorThatNamesItsLine) {
  EXPECT_EQ(failure("a,b\n\"c\nd\"e,f\n", ','),
            ": line 3: text follows a closing quote; double a quote that is meant as a character");
}

TEST(DelimitedText, ABlankLineBetweenRecordsIsAnErrorThatNamesBothLines) {
  EXPECT_EQ(
      failure("1 2\n3 4\n\n\n5 6\n", blanks),
      ": line 3: is blank, and more data follow on line 5; in a table every line is one sample. Remove blank lines "
      "(a file of sequences that blank lines separate cannot be imported)");
}

TEST(DelimitedText, FilesThatDoNotBeginAsTextAreErrors) {
  EXPECT_EQ(failure(std::string{"a,b\n1\0,2\n", 9}, ','),
            ": is not plain text (it holds NUL bytes); a table must be UTF-8 text, not HDF5, UTF-16 or a workbook");
}

TEST(DelimitedText, ANulByteFurtherOnIsAnErrorThatNamesItsLine) {
  std::string text;
  for (int line = 0; line < 2000; ++line) text += "1,2\n";
  text[6001] = '\0';
  EXPECT_EQ(failure(text, ','), ": line 1501: holds a NUL byte, which no text has; the file is damaged");
}

}  // namespace
}  // namespace lockstep
