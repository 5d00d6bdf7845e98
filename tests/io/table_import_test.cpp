// SPDX-License-Identifier: MIT
// Tables to data sets: columns, categories, missing values, tasks, likeness, and every fault named.
#include "io/table_import.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/aligned_buffer.hpp"
#include "core/error.hpp"
#include "tests/support/temporary_file.hpp"

namespace lockstep {
namespace {

/// What a data set file holds, rows as samples.
struct Content {
  DatasetInfo info;
  std::vector<std::vector<float>> features;
  std::vector<Label> labels;
  std::vector<float> values;
};

Content content_of(const std::string& path) {
  const auto data = open_dataset(path);
  Content content{.info = data->info(), .features = {}, .labels = {}, .values = {}};
  const Index samples = content.info.samples;
  std::vector<Index> rows(static_cast<std::size_t>(samples));
  for (Index i = 0; i < samples; ++i) rows[static_cast<std::size_t>(i)] = i;
  AlignedBuffer buffer{panel_scalars(content.info.features, samples)};
  const Panel panel{buffer.data(), content.info.features, samples, padded(content.info.features)};
  data->gather_features(rows, {}, panel);
  for (Index i = 0; i < samples; ++i) {
    content.features.emplace_back(panel.column(i), panel.column(i) + content.info.features);
  }
  if (content.info.task == Task::classification) {
    content.labels.resize(rows.size());
    data->gather_labels(rows, content.labels);
    return content;
  }
  AlignedBuffer values{panel_scalars(1, samples)};
  const Panel value_panel{values.data(), 1, samples, padded(1)};
  data->gather_values(rows, {}, value_panel);
  for (Index i = 0; i < samples; ++i) content.values.push_back(static_cast<float>(*value_panel.column(i)));
  return content;
}

class TableImportTest : public testing::Test {
 protected:
  /// Imports `text`; `change` fills in the request.
  template <class Change>
  TableReport import(const std::string& text, Change&& change, bool replace = true) {
    const TemporaryFile table{text, ".csv"};
    table_path_ = table.path();
    TableImport request;
    request.table = table.path();
    request.target = "last";
    change(request);
    return import_table(request, {.path = output_.path(), .layout = {}, .replace = replace});
  }
  TableReport import(const std::string& text) {
    return import(text, [](TableImport&) {});
  }
  [[nodiscard]] Content content() const { return content_of(output_.path()); }

  /// The message of the error that importing `text` ends in, the table's path replaced by TABLE.
  template <class Change>
  std::string failure(const std::string& text, Change&& change) {
    std::string message = "no failure";
    std::filesystem::remove(output_.path());
    try {
      (void)import(text, change, false);
    } catch (const RequestError& error) {
      message = error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(output_.path())) << "something was written";
    for (std::size_t at = message.find(table_path_); at != std::string::npos; at = message.find(table_path_)) {
      message.replace(at, table_path_.size(), "TABLE");
    }
    return message;
  }
  std::string failure(const std::string& text) {
    return failure(text, [](TableImport&) {});
  }

  TemporaryFile output_;
  std::string table_path_;
};

using Rows = std::vector<std::vector<float>>;

TEST_F(TableImportTest, NumbersAndAFractionalTargetMakeARegressionDataSet) {
  const TableReport report = import("a,b,y\n1,2.5,0.5\n-3,4e2,7\n5,6,8\n");
  EXPECT_EQ(report.task_reason, "its target has fractions");
  const Content data = content();
  EXPECT_EQ(data.info.task, Task::regression);
  EXPECT_EQ(data.info.feature_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(data.info.target_names, (std::vector<std::string>{"y"}));
  EXPECT_EQ(data.features, (Rows{{1, 2.5F}, {-3, 400}, {5, 6}}));
  EXPECT_EQ(data.values, (std::vector<float>{0.5F, 7, 8}));
}

TEST_F(TableImportTest, TextTargetsBecomeClassesInTheOrderOfTheirBytes) {
  import("x,kind\n1,pear\n2,apple\n3,pear\n");
  const Content data = content();
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"apple", "pear"}));
  EXPECT_EQ(data.labels, (std::vector<Label>{1, 0, 1}));
}

TEST_F(TableImportTest, FewWholeNumbersBecomeClassesInNumericOrder) {
  const TableReport report = import("1,10\n2,9\n3,10.0\n4,9\n5,10\n");
  EXPECT_EQ(report.task_reason, "its target has 2 different whole numbers");
  const Content data = content();
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"9", "10"}));
  EXPECT_EQ(data.labels, (std::vector<Label>{1, 0, 1, 0, 1}));
}

TEST_F(TableImportTest, ManyWholeNumbersOrHardlyRepeatedOnesMeanRegression) {
  std::string text;
  for (int i = 0; i < 210; ++i) text += fmt::format("{},{}\n", i, i % 21);
  EXPECT_EQ(import(text).info.task, Task::regression);
  EXPECT_EQ(import("1,1\n2,2\n3,2\n").info.task, Task::regression);
  EXPECT_EQ(import("1,1\n2,2\n3,2\n4,1\n").info.task, Task::classification);
}

TEST_F(TableImportTest, TheTaskCanBeSaid) {
  const std::string text = "1,3\n2,4\n3,4\n4,3\n";
  EXPECT_EQ(import(text, [](TableImport& r) { r.task = Task::regression; }).info.task, Task::regression);
  EXPECT_EQ(content().values, (std::vector<float>{3, 4, 4, 3}));
  import("1,0.5\n2,1.5\n3,0.5\n", [](TableImport& r) { r.task = Task::classification;
});
EXPECT_EQ(content().info.class_names, (std::vector<std::string>{"0.5", "1.5"}));
}  // namespace

TEST_F(TableImportTest, CategoricalColumnsBecomeOneFeatureForEachCategory) {
  import("size,place,y\n1,\"NEAR BAY\",0.1\n2,INLAND,0.2\n3,\"NEAR BAY\",0.3\n");
  const Content data = content();
  EXPECT_EQ(data.info.feature_names, (std::vector<std::string>{"size", "place=INLAND", "place=NEAR BAY"}));
  EXPECT_EQ(data.features, (Rows{{1, 0, 1}, {2, 1, 0}, {3, 0, 1}}));
}

TEST_F(TableImportTest, NumbersCanBeTakenAsCategories) {
  import("zip,y\n10,0.1\n20,0.2\n10,0.3\n", [](TableImport& r) { r.categorical = {"zip"};
});
EXPECT_EQ(content().info.feature_names, (std::vector<std::string>{"zip=10", "zip=20"}));
}  // namespace lockstep

TEST_F(TableImportTest, TheTargetIsFoundByNameByPositionAndAsLast) {
  const std::string text = "a,b,c\n1,20,300\n2,30,301.5\n";
  for (const char* target : {"b", "2"}) {
    import(text, [&](TableImport& r) { r.target = target;
    r.task = Task::regression;
  });
  EXPECT_EQ(content().info.target_names.front(), "b");
  EXPECT_EQ(content().features, (Rows{{1, 300}, {2, 301.5F}}));
}
  import(text, [](TableImport& r) { r.target = "last";
  });
  EXPECT_EQ(content().info.target_names.front(), "c");
  }

  TEST_F(TableImportTest, ColumnsCanBeLeftOut) {
  import("id,x,y\nA1,1,0.5\nA2,2,0.25\n", [](TableImport& r) { r.ignored = {"id"};
  });
  EXPECT_EQ(content().info.feature_names, (std::vector<std::string>{"x"}));
  }

  TEST_F(TableImportTest, MissingValuesAreAnErrorThatNamesTheFirstAndCountsTheRest) {
    std::string text = "a,b,y\n";
    for (int i = 0; i < 7; ++i) text += "1,?,0.5\n";
    EXPECT_EQ(
        failure(text + ",NA,nan\n"),
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
        import("a,k,y\n1,u,0.5\n,v,1.5\n3,u,?\n4,w,2.5\n", [](TableImport& r) { r.missing = MissingPolicy::drop; });
    EXPECT_EQ(report.dropped_rows, 2);
    EXPECT_EQ(content().info.feature_names, (std::vector<std::string>{"a", "k=u", "k=w"}));
    EXPECT_EQ(content().features, (Rows{{1, 1, 0}, {4, 0, 1}}));
  }

  TEST_F(TableImportTest, FillingTakesTheMedianOrAnOwnCategory) {
    const TableReport report = import("a,k,y\n1,u,0.5\n,v,1.5\n30,NA,2.5\n4,v,3.5\n2,u,4.5\n",
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
    EXPECT_EQ(failure("alcohol,quality\n1,2\n", target("3")),
              "--target: TABLE has no column 3; its columns are 1 to 2");
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
    EXPECT_EQ(failure("a,b\n", [](TableImport& r) { r.form.header = true; }), "TABLE: has a header and no rows");
    EXPECT_EQ(failure("a,b\n1,2\n", [](TableImport& r) { r.form.delimiter = ';'; }),
              "TABLE: its first line has one column when cut at the delimiter semicolon; a table needs a target and a "
              "feature at least");
    EXPECT_EQ(failure("a,b\n1,?\n?,2\n", [](TableImport& r) { r.missing = MissingPolicy::drop; }),
              "TABLE: something is missing in every row, so none is left; say --missing fill, or leave columns out by "
              "--ignore");
    EXPECT_EQ(failure("a,b\n1,2\n3,4\n", [](TableImport& r) { r.ignored = {"a"}; }),
              "TABLE: no column is left as a feature");
  }

  TEST_F(TableImportTest, TextThatIsNotUtf8IsAnError) {
    EXPECT_EQ(failure("a,y\ncaf\xE9,0.5\ntea,1.5\n"),
              "TABLE: column 1 ('a') holds text that is not UTF-8; convert the file (iconv -f latin1 -t utf-8)");
  }

  TEST_F(TableImportTest, AnExistingFileIsReplacedOnlyOnRequest) {
    import("a,y\n1,0.5\n");
    EXPECT_THROW(import(
                     "a,y\n1,0.5\n", [](TableImport&) {}, false),
                 FileError);
    EXPECT_NO_THROW(import("a,y\n1,0.5\n2,0.25\n"));
    EXPECT_EQ(content().info.samples, 2);
  }

  TEST_F(TableImportTest, LargeTablesComeOutWholeInChunksToo) {
    std::string text = "a,k,y\n";
    for (int i = 0; i < 50'021; ++i) text += fmt::format("{},{},{}.5\n", i, i % 3 == 0 ? "u" : "v", i);
    import(text);
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

  /// A table like another.
  class TableLikeTest : public TableImportTest {
   protected:
    void train(const std::string& text, MissingPolicy missing = MissingPolicy::error) {
      const TemporaryFile table{text};
      TableImport request;
      request.table = table.path();
      request.target = "last";
      request.missing = missing;
      import_table(request, {.path = train_.path(), .layout = {}, .replace = true});
    }
    [[nodiscard]] auto like() const {
      return [this](TableImport& request) {
        request.target.clear();
        request.like = train_.path();
      };
    }
    std::string failure_like(const std::string& text) {
      std::string message = failure(text, like());
      for (std::size_t at = message.find(train_.path()); at != std::string::npos; at = message.find(train_.path())) {
        message.replace(at, train_.path().size(), "TRAIN");
      }
      return message;
    }
    TemporaryFile train_;
  };

  TEST_F(TableLikeTest, ColumnsCategoriesAndClassesAreThoseOfTheOther) {
    train("a,k,y\n1,u,no\n2,v,yes\n3,w,no\n");
    import("y,a,k\nyes,5,w\nyes,6,u\n", like());
    const Content data = content();
    EXPECT_EQ(data.info.feature_names, (std::vector<std::string>{"a", "k=u", "k=v", "k=w"}));
    EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"no", "yes"}));
    EXPECT_EQ(data.features, (Rows{{5, 0, 0, 1}, {6, 1, 0, 0}}));
    EXPECT_EQ(data.labels, (std::vector<Label>{1, 1}));
  }

  TEST_F(TableLikeTest, WithoutHeadersColumnsAreMatchedByPosition) {
    train("1,u,7.5\n2,v,8.5\n");
    import("3,v,9.5\n", like());
    EXPECT_EQ(content().features, (Rows{{3, 0, 1}}));
    EXPECT_EQ(failure_like("3,v,1,9.5\n"), "TABLE has 4 columns, and TRAIN was made from 3");
  }

  TEST_F(TableLikeTest, FillValuesAreThoseOfTheOther) {
    train("a,k,y\n1,u,0.5\n3,?,1.5\n8,v,2.5\n", MissingPolicy::fill);
    import("a,k,y\n?,v,9.5\n100,,8.5\n", like());
    EXPECT_EQ(content().features, (Rows{{3, 0, 1, 0}, {100, 0, 0, 1}}));
  }

  TEST_F(TableLikeTest, NumericClassesAreEqualByValue) {
    train("a,y\n1,3\n2,4\n3,3\n4,4\n");
    import("a,y\n1,4.0\n2,3\n", like());
    EXPECT_EQ(content().labels, (std::vector<Label>{1, 0}));
  }

  TEST_F(TableLikeTest, UnknownCategoriesAndClassesAreNamed) {
    train("a,k,y\n1,u,no\n2,v,yes\n3,u,no\n");
    EXPECT_EQ(
        failure_like("a,k,y\n1,u,no\n2,z,maybe\n3,zz,yes\n"),
        "TABLE: 2 categories are unknown to TRAIN: 'z' in row 2 (line 3), column 2 ('k'); 'zz' in row 3 (line 4), "
        "column 2 ('k'); correct them, or import TRAIN anew from a table that has them\n"
        "TABLE: 1 class is unknown to TRAIN: 'maybe' in row 2 (line 3), column 3 ('y'); correct them, or import TRAIN "
        "anew from a table that has them");
  }

  TEST_F(TableLikeTest, AMissingValueThatTheOtherCannotFillIsNamed) {
    train("a,k,y\n1,u,0.5\n3,v,1.5\n", MissingPolicy::fill);
    EXPECT_EQ(
        failure_like("a,k,y\n1,,0.5\n"),
        "TABLE: 1 value is missing: row 1 (line 2), column 2 ('k'); TRAIN has no fill value for it: import that again "
        "with --missing fill, or say --missing drop here");
  }

  TEST_F(TableLikeTest, AbsentAndForeignColumnsAreNamed) {
    train("a,k,y\n1,u,0.5\n3,v,1.5\n");
    EXPECT_EQ(failure_like("b,k,y\n1,u,0.5\n"),
              "TABLE lacks columns that TRAIN was made from: 'a'\n"
              "TABLE has columns that TRAIN was not made from: 'b'; take them out");
  }

  TEST_F(TableLikeTest, ADataSetNotMadeFromATableCannotBeTheModel) {
    DatasetInfo info;
    info.features = 2;
    info.classes = 2;
    DatasetWriter writer{train_.path(), info};
    writer.append_floats(std::vector<float>{1, 2});
    writer.append_labels(std::vector<Label>{1});
    writer.close();
    EXPECT_EQ(failure_like("1,2,3\n"), "TRAIN: was not made from a table, so no table can be read like it");
  }

  TEST_F(TableLikeTest, OtherWishesThanTheModelAllowsAreErrors) {
    train("a,k,y\n1,u,0.5\n3,v,1.5\n");
    const std::string message = failure("a,k,y\n1,u,0.5\n", [&](TableImport& request) {
      request.like = train_.path();
      request.target = "a";
      request.task = Task::classification;
      request.ignored = {"k"};
    });
    EXPECT_NE(message.find("has the target 'y'; with --like the target need not be said"), std::string::npos)
        << message;
    EXPECT_NE(message.find("is for regression"), std::string::npos) << message;
    EXPECT_NE(message.find("--ignore and --categorical cannot be said with --like"), std::string::npos) << message;
  }

  TEST_F(TableLikeTest, SchemasOfAnySizeFitIntoTheFile) {
    std::string text = "k,y\n";
    for (int i = 0; i < 1000; ++i) text += fmt::format("{:x>100},0.5\n", i);
    train(text);
    EXPECT_EQ(read_schema(train_.path()).columns.front().categories.size(), 1000U);
  }

  }  // namespace
  }  // namespace lockstep
