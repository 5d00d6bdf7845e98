// SPDX-License-Identifier: MIT
// Tables to data sets: columns, categories, missing values, tasks, and every fault named.
#include "io/table_import.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/table_test.hpp"

namespace lockstep {
namespace {

class TableImportTest : public TableTest {};

TEST_F(TableImportTest, NumbersAndAFractionalTargetMakeARegressionDataSet) {
  const TableReport report = import_text("a,b,y\n1,2.5,0.5\n-3,4e2,7\n5,6,8\n");
  EXPECT_EQ(report.task_reason, "its target has fractions");
  const Content data = content();
  EXPECT_EQ(data.info.task, Task::regression);
  EXPECT_EQ(data.info.feature_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(data.info.target_names, (std::vector<std::string>{"y"}));
  EXPECT_EQ(data.features, (Rows{{1, 2.5F}, {-3, 400}, {5, 6}}));
  EXPECT_EQ(data.values, (std::vector<float>{0.5F, 7, 8}));
}

TEST_F(TableImportTest, TextTargetsBecomeClassesInTheOrderOfTheirBytes) {
  import_text("x,kind\n1,pear\n2,apple\n3,pear\n");
  const Content data = content();
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"apple", "pear"}));
  EXPECT_EQ(data.labels, (std::vector<Label>{1, 0, 1}));
}

TEST_F(TableImportTest, FewWholeNumbersBecomeClassesInNumericOrder) {
  const TableReport report = import_text("1,10\n2,9\n3,10.0\n4,9\n5,10\n");
  EXPECT_EQ(report.task_reason, "its target has 2 different whole numbers");
  const Content data = content();
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"9", "10"}));
  EXPECT_EQ(data.labels, (std::vector<Label>{1, 0, 1, 0, 1}));
}

TEST_F(TableImportTest, ManyWholeNumbersOrHardlyRepeatedOnesMeanRegression) {
  std::string text;
  for (int i = 0; i < 210; ++i) text += fmt::format("{},{}\n", i, i % 21);
  EXPECT_EQ(import_text(text).info.task, Task::regression);
  EXPECT_EQ(import_text("1,1\n2,2\n3,2\n").info.task, Task::regression);
  EXPECT_EQ(import_text("1,1\n2,2\n3,2\n4,1\n").info.task, Task::classification);
}

TEST_F(TableImportTest, TheTaskCanBeSaid) {
  const std::string text = "1,3\n2,4\n3,4\n4,3\n";
  EXPECT_EQ(import_text(text, [](TableImport& r) { r.task = Task::regression; }).info.task, Task::regression);
  EXPECT_EQ(content().values, (std::vector<float>{3, 4, 4, 3}));
  import_text("1,0.5\n2,1.5\n3,0.5\n", [](TableImport& r) { r.task = Task::classification; });
  EXPECT_EQ(content().info.class_names, (std::vector<std::string>{"0.5", "1.5"}));
}

TEST_F(TableImportTest, CategoricalColumnsBecomeOneFeatureForEachCategory) {
  import_text("size,place,y\n1,\"NEAR BAY\",0.1\n2,INLAND,0.2\n3,\"NEAR BAY\",0.3\n");
  const Content data = content();
  EXPECT_EQ(data.info.feature_names, (std::vector<std::string>{"size", "place=INLAND", "place=NEAR BAY"}));
  EXPECT_EQ(data.features, (Rows{{1, 0, 1}, {2, 1, 0}, {3, 0, 1}}));
}

TEST_F(TableImportTest, NumbersCanBeTakenAsCategories) {
  import_text("zip,y\n10,0.1\n20,0.2\n10,0.3\n", [](TableImport& r) { r.categorical = {"zip"}; });
  EXPECT_EQ(content().info.feature_names, (std::vector<std::string>{"zip=10", "zip=20"}));
}

TEST_F(TableImportTest, TheTargetIsFoundByNameByPositionAndAsLast) {
  const std::string text = "a,b,c\n1,20,300\n2,30,301.5\n";
  for (const char* target : {"b", "2"}) {
    import_text(text, [&](TableImport& r) {
      r.target = target;
      r.task = Task::regression;
    });
    EXPECT_EQ(content().info.target_names.front(), "b");
    EXPECT_EQ(content().features, (Rows{{1, 300}, {2, 301.5F}}));
  }
  import_text(text, [](TableImport& r) { r.target = "last"; });
  EXPECT_EQ(content().info.target_names.front(), "c");
}

TEST_F(TableImportTest, ColumnsCanBeLeftOut) {
  import_text("id,x,y\nA1,1,0.5\nA2,2,0.25\n", [](TableImport& r) { r.ignored = {"id"}; });
  EXPECT_EQ(content().info.feature_names, (std::vector<std::string>{"x"}));
}

TEST_F(TableImportTest, MissingValuesAreAnErrorThatNamesTheFirstAndCountsTheRest) {
  std::string text = "a,b,y\n";
  for (int i = 0; i < 7; ++i) text += "1,?,0.5\n";
  EXPECT_EQ(failure(text + ",NA,nan\n"),
            "TABLE: 10 values are missing: row 1 (line 2), column 2 ('b'); row 2 (line 3), column 2 ('b'); row 3 (line "
            "4), column 2 ('b'); row 4 (line 5), column 2 ('b'); row 5 (line 6), column 2 ('b'); and 5 more; say "
            "--missing drop to leave such rows out, or --missing fill to put in the median or an own category");
  EXPECT_EQ(
      failure("1,2,?\n3,4,5.5\n"),
      "TABLE: 1 value is missing: row 1, column 3; say --missing drop to leave such rows out, or --missing fill to "
      "put in the median or an own category");
}

TEST_F(TableImportTest, DroppingLeavesOutRowsAndWhatOnlyTheyHold) {
  const TableReport report =
      import_text("a,k,y\n1,u,0.5\n,v,1.5\n3,u,?\n4,w,2.5\n", [](TableImport& r) { r.missing = MissingPolicy::drop; });
  EXPECT_EQ(report.dropped_rows, 2);
  EXPECT_EQ(content().info.feature_names, (std::vector<std::string>{"a", "k=u", "k=w"}));
  EXPECT_EQ(content().features, (Rows{{1, 1, 0}, {4, 0, 1}}));
}

TEST_F(TableImportTest, FillingTakesTheMedianOrAnOwnCategory) {
  const TableReport report = import_text("a,k,y\n1,u,0.5\n,v,1.5\n30,NA,2.5\n4,v,3.5\n2,u,4.5\n",
                                         [](TableImport& r) { r.missing = MissingPolicy::fill; });
  EXPECT_EQ(report.filled_values, 2);
  EXPECT_EQ(content().info.feature_names, (std::vector<std::string>{"a", "k=u", "k=v", "k=(missing)"}));
  EXPECT_EQ(content().features, (Rows{{1, 1, 0, 0}, {3, 0, 1, 0}, {30, 0, 0, 1}, {4, 0, 1, 0}, {2, 1, 0, 0}}));
}

TEST_F(TableImportTest, TargetsAreNeverFilled) {
  EXPECT_EQ(
      failure("a,y\n1,0.5\n2,\n3,1.5\n", [](TableImport& r) { r.missing = MissingPolicy::fill; }),
      "TABLE: 1 row has no target: row 2 (line 3), column 2 ('y'); targets are never filled: say --missing drop, or "
      "take these rows out");
}

TEST_F(TableImportTest, GarbageAndInfinitiesAreNamedByRowColumnAndValue) {
  EXPECT_EQ(
      failure("a,y\n1,0.5\n2,1e39\nabc,1.5\n4,-inf\n12x,7\n6,6\n"),
      "TABLE: 2 values are not numbers, as most of their column are: 'abc' in row 3 (line 4), column 1 ('a'); '12x' "
      "in row 5 (line 6), column 1 ('a'); correct them, or take the column as categories by --categorical (or its "
      "first line as names by --header)\n"
      "TABLE: 2 numbers are infinite or beyond the range of a float: '1e39' in row 2 (line 3), column 2 ('y'); "
      "'-inf' in row 4 (line 5), column 2 ('y'); correct them");
}

TEST_F(TableImportTest, RowsOfAnotherLengthAreNamed) {
  EXPECT_EQ(failure("1,2,3.5\n4,5\n6,7,8\n9,10,11,12\n"),
            "TABLE: 2 rows have another number of fields than the first line: row 2 has 2 instead of 3; row 4 has 4 "
            "instead "
            "of 3; correct them, or check --delimiter");
}

TEST_F(TableImportTest, AbsentColumnsAreNamedWithTheNearest) {
  const auto target = [](const char* name) { return [name](TableImport& r) { r.target = name; }; };
  EXPECT_EQ(failure("alcohol,quality\n1,2\n", target("qualty")),
            "--target: TABLE has no column 'qualty'; did you mean 'quality'?");
  EXPECT_EQ(failure("alcohol,quality\n1,2\n", target("zzz")),
            "--target: TABLE has no column 'zzz'; its columns are 'alcohol', 'quality'");
  EXPECT_EQ(failure("alcohol,quality\n1,2\n", target("3")), "--target: TABLE has no column 3; its columns are 1 to 2");
  EXPECT_EQ(
      failure("5,6\n1,2\n", target("y")),
      "--target: TABLE has no header, so there is no column 'y'; give the position, 1 to 2, or last (if its first "
      "line does hold names, say --header)");
  EXPECT_EQ(failure("a,a,b\n1,2,3\n", target("a")),
            "--target: TABLE has two columns of the name 'a', 1 and 2; give the position");
  EXPECT_EQ(failure("a,b\n1,2\n", target("")),
            "--target is missing: say which column is to be predicted, by name, by position counted from 1, or last");
}

TEST_F(TableImportTest, TooManyCategoriesAreAnErrorThatSaysHowToLeaveTheColumnOut) {
  std::string text = "id,x,y\n";
  for (int i = 0; i < 1001; ++i) text += fmt::format("id{:04},1,0.5\n", i);
  EXPECT_EQ(
      failure(text),
      "TABLE: column 1 ('id') holds more than 1000 different texts ('id0000', 'id0001', 'id0002', 'id0003', "
      "'id0004', 'id0005', 'id0006', 'id0007', 'id0008', 'id0009' and 991 more), too many for categories; leave it "
      "out by --ignore 1");
}

TEST_F(TableImportTest, TextsOfHugeLengthAreNoNames) {
  const std::string name(1000, 'n');
  import_text("x,kind\n1," + name + "\n2,b\n3," + name + "\n4,b\n");
  EXPECT_EQ(content().info.class_names.at(1), name);
  const std::string huge(2'000'003, 'h');
  const std::string place = "row 2 (line 3), column 2 ('kind') holds a text of 2000003 bytes ('";
  const std::string problem = failure("x,kind\n1,a\n2," + huge + "\n3,a\n4," + huge + "\n");
  EXPECT_NE(problem.find(place), std::string::npos) << problem.substr(0, 500);
  EXPECT_NE(problem.find("--ignore 2"), std::string::npos);
  EXPECT_LT(problem.size(), 1000U);
  EXPECT_EQ(problem.find("row 4"), std::string::npos) << "the first is enough";
  // What is left out, and columns of numbers, where it is one value that is no number.
  import_text("x,note,y\n1," + huge + ",0.5\n2,b,1.5\n", [](TableImport& r) { r.ignored = {"note"}; });
  const std::string heading = failure("x," + huge + "\n1,2\n3,4\n");
  EXPECT_NE(heading.find("column name 2 has 2000003 bytes"), std::string::npos) << heading.substr(0, 500);
  EXPECT_LT(heading.size(), 1000U);
}

TEST_F(TableImportTest, TextsThatHardlyEverRepeatAreNoCategoriesUnlessSaid) {
  std::string text = "month,x,y\n";
  for (int i = 0; i < 21; ++i) text += fmt::format("m{:02},1,0.5\n", i);
  EXPECT_EQ(
      failure(text),
      "TABLE: column 1 ('month') holds 21 different texts in 21 values ('m00', 'm01', 'm02', 'm03', 'm04', 'm05', "
      "'m06', 'm07', 'm08', 'm09' and 11 more), which hardly ever repeat and so are no categories; leave it out by "
      "--ignore 1, or insist by --categorical 1");
  EXPECT_EQ(import_text(text, [](TableImport& r) { r.categorical = {"1"}; }).info.features, 22);
}

TEST_F(TableImportTest, FaultsOfSeveralColumnsAreReportedTogether) {
  const std::string message = failure("a;b;y\n0,5;1,5;1\n0,7;2,5;2\n");
  EXPECT_NE(message.find("column 1 ('a')"), std::string::npos) << message;
  EXPECT_NE(message.find("column 2 ('b')"), std::string::npos) << message;
}

TEST_F(TableImportTest, DecimalCommasAreRecognised) {
  EXPECT_EQ(failure("a;y\n0,5;1\n2,5;2\n"),
            "TABLE: column 1 ('a') holds numbers with a decimal comma ('0,5'); write them with a point");
}

TEST_F(TableImportTest, ATextTargetCannotBeAQuantity) {
  EXPECT_EQ(failure("a,y\n1,x\n2,z\n", [](TableImport& r) { r.task = Task::regression; }),
            "TABLE: the target, column 2 ('y'), is text ('x', 'z'), which only --task classification can take");
}

TEST_F(TableImportTest, TablesWithoutRowsOrColumnsAreErrors) {
  EXPECT_EQ(failure(""), "TABLE: is empty");
  const std::string only_names =
      "TABLE: has a header and no rows; add rows (or say --no-header if its only line is data)";
  EXPECT_EQ(failure("a,b\n", [](TableImport& r) { r.form.header = true; }), only_names);
  EXPECT_EQ(failure("a,b\n"), only_names);
  EXPECT_EQ(failure("a,b\n1,2\n", [](TableImport& r) { r.form.delimiter = ';'; }),
            "TABLE: its first line has one column when cut at the delimiter semicolon; a table needs a target and a "
            "feature at least");
  EXPECT_EQ(failure("a,b\n1,?\n?,2\n", [](TableImport& r) { r.missing = MissingPolicy::drop; }),
            "TABLE: something is missing in every row, so none is left; say --missing fill, or leave columns out by "
            "--ignore");
  EXPECT_EQ(failure("a,b\n1,2\n3,4\n", [](TableImport& r) { r.ignored = {"a"}; }),
            "TABLE: no column is left as a feature");
}

TEST_F(TableImportTest, LinesThatEndInCarriageReturnsAloneAreAnError) {
  EXPECT_EQ(failure("a,y\r1,0.5\r2,1.5\r"),
            "TABLE: ends its lines by CR alone, not by LF or CR LF; convert it (tr '\\r' '\\n' < OLD.csv > NEW.csv)");
}

TEST_F(TableImportTest, ColumnsOfOneNameOrOfNoneAreWarnedOf) {
  const TableReport report = import_text("a,,a,y\n1,2,3,0.5\n2,3,4,1.5\n");
  ASSERT_EQ(report.warnings.size(), 2U);
  EXPECT_NE(report.warnings[0].find("2 columns have the name 'a' (1, 3)"), std::string::npos) << report.warnings[0];
  EXPECT_NE(report.warnings[1].find("column 2 has no name and is called 'column2'"), std::string::npos)
      << report.warnings[1];
  EXPECT_TRUE(import_text("1,2,0.5\n2,3,1.5\n").warnings.empty());
}

TEST_F(TableImportTest, ATargetThatIsAlwaysTheSameClassIsWarnedOf) {
  const TableReport report = import_text("a,y\n1,no\n2,no\n");
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_NE(report.warnings[0].find("every row has the target 'no'"), std::string::npos) << report.warnings[0];
}

TEST_F(TableImportTest, TextThatIsNotUtf8IsAnError) {
  EXPECT_EQ(failure("a,y\ncaf\xE9,0.5\ntea,1.5\n"),
            "TABLE: column 1 ('a') holds text that is not UTF-8; convert the file (iconv -f latin1 -t utf-8)");
}

TEST_F(TableImportTest, AnExistingFileIsReplacedOnlyOnRequest) {
  import_text("a,y\n1,0.5\n");
  EXPECT_THROW(import_text(
                   "a,y\n1,0.5\n", [](TableImport&) {}, false),
               FileError);
  EXPECT_NO_THROW(import_text("a,y\n1,0.5\n2,0.25\n"));
  EXPECT_EQ(content().info.samples, 2);
}

TEST_F(TableImportTest, LargeTablesComeOutWholeInChunksToo) {
  std::string text = "a,k,y\n";
  for (int i = 0; i < 50'021; ++i) text += fmt::format("{},{},{}.5\n", i, i % 3 == 0 ? "u" : "v", i);
  import_text(text);
  const Content data = content();
  ASSERT_EQ(data.info.samples, 50'021);
  for (std::size_t i = 0; i < data.features.size(); ++i) {
    const bool u = i % 3 == 0;
    ASSERT_EQ(data.features[i], (std::vector<float>{static_cast<float>(i), u ? 1.0F : 0.0F, u ? 0.0F : 1.0F}));
    ASSERT_EQ(data.values[i], static_cast<float>(i) + 0.5F);
  }
}

TEST_F(TableImportTest, ProgressRisesFromNothingToAll) {
  std::string text = "a,y\n";
  for (int i = 0; i < 20'011; ++i) text += "1,0.5\n";
  const TemporaryFile table{text};
  std::vector<double> seen;
  import_table({.table = table.path(),
                .form = {},
                .target = "y",
                .ignored = {},
                .categorical = {},
                .missing = MissingPolicy::fill,
                .task = {},
                .like = {}},
               {.path = output_.path(), .layout = {}, .replace = true}, [&](double done) { seen.push_back(done); });
  ASSERT_GT(seen.size(), 10U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_GE(seen.front(), 0);
  EXPECT_LE(seen.back(), 1);
}

}  // namespace
}  // namespace lockstep
