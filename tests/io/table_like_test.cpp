// SPDX-License-Identifier: MIT
// Tables read like another: its columns, categories, classes and fill values, or an error that names what differs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/table_import.hpp"
#include "tests/support/table_test.hpp"

namespace lockstep {
namespace {

/// A table like another.
class TableLikeTest : public TableTest {
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
  import_text("y,a,k\nyes,5,w\nyes,6,u\n", like());
  const Content data = content();
  EXPECT_EQ(data.info.feature_names, (std::vector<std::string>{"a", "k=u", "k=v", "k=w"}));
  EXPECT_EQ(data.info.class_names, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(data.features, (Rows{{5, 0, 0, 1}, {6, 1, 0, 0}}));
  EXPECT_EQ(data.labels, (std::vector<Label>{1, 1}));
}

TEST_F(TableLikeTest, WithoutHeadersColumnsAreMatchedByPosition) {
  train("1,u,7.5\n2,v,8.5\n");
  import_text("3,v,9.5\n", like());
  EXPECT_EQ(content().features, (Rows{{3, 0, 1}}));
  EXPECT_EQ(failure_like("3,v,1,9.5\n"), "TABLE has 4 columns, and TRAIN was made from 3 (or 2 without the target)");
}

TEST_F(TableLikeTest, TheFirstLineIsDataWhereTheOtherTableHadNoHeader) {
  train("u,no\nv,yes\nu,no\nv,no\n");
  // By itself this looks like a header over one row.
  const TableReport report = import_text("v,yes\nu,no\n", like());
  EXPECT_FALSE(report.header);
  EXPECT_EQ(content().features, (Rows{{0, 1}, {1, 0}}));
  EXPECT_EQ(content().labels, (std::vector<Label>{1, 0}));
}

TEST_F(TableLikeTest, TheFirstLineIsAHeaderWhereTheOtherTableHadOneUnlessSaid) {
  train("a,k,y\n1,u,0.5\n2,v,1.5\n");
  EXPECT_NE(failure_like("3,u,2.5\n4,v,3.5\n").find("if its first line is data, say --no-header"), std::string::npos);
  const TableReport report = import_text("3,u,2.5\n4,v,3.5\n", [&](TableImport& request) {
    like()(request);
    request.form.header = false;
  });
  EXPECT_FALSE(report.header);
  EXPECT_EQ(content().features, (Rows{{3, 1, 0}, {4, 0, 1}}));
}

TEST_F(TableLikeTest, RepeatedNamesAreMatchedByPositionAndMustAgreeThere) {
  train("a,a,y\n1,2,0.5\n3,4,1.5\n");
  import_text("a,a,y\n5,6,2.5\n", like());
  EXPECT_EQ(content().features, (Rows{{5, 6}}));
  EXPECT_NE(failure_like("5,6,2.5\n7,8,3.5\n").find("calls column 1 '5'"), std::string::npos);
}

TEST_F(TableLikeTest, TheTargetMayBeAbsentByName) {
  train("a,k,y\n1,u,no\n2,v,yes\n3,u,no\n");
  const TableReport report = import_text("k,a\nv,5\nu,6\n", like());
  EXPECT_EQ(report.info.targets, 0);
  EXPECT_EQ(report.info.samples, 2);
  EXPECT_THROW((void)open_dataset(output_.path()), FileError);
  const auto data = open_dataset(output_.path(), TargetsWanted::optional);
  EXPECT_EQ(data->info().targets, 0);
  EXPECT_EQ(data->info().class_names, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(data->info().feature_names, (std::vector<std::string>{"a", "k=u", "k=v"}));
  EXPECT_EQ(failure_like("k,b\nu,1\n").substr(0, 19), "TABLE lacks columns");
}

TEST_F(TableLikeTest, TheTargetMayBeAbsentByPosition) {
  train("1,0.5,u\n2,1.5,v\n", MissingPolicy::drop);  // the target is the last
  const TableReport report = import_text("7,8\n?,9\n", like());
  EXPECT_EQ(report.info.targets, 0);
  EXPECT_EQ(report.dropped_rows, 1) << "what is dropped is decided by features";
}

TEST_F(TableLikeTest, WithoutTheTargetOneColumnIsATable) {
  train("a,y\n1,0.5\n2,1.5\n");
  EXPECT_EQ(import_text("a\n7\n8\n", like()).info.samples, 2);
  train("a,b,y\n1,2,0.5\n2,3,1.5\n");
  EXPECT_EQ(failure_like("a\n7\n8\n").substr(0, 6), "TABLE:");
}

TEST_F(TableLikeTest, FillValuesAreThoseOfTheOther) {
  train("a,k,y\n1,u,0.5\n3,?,1.5\n8,v,2.5\n", MissingPolicy::fill);
  import_text("a,k,y\n?,v,9.5\n100,,8.5\n", like());
  EXPECT_EQ(content().features, (Rows{{3, 0, 1, 0}, {100, 0, 0, 1}}));
}

TEST_F(TableLikeTest, NumericClassesAreEqualByValue) {
  train("a,y\n1,3\n2,4\n3,3\n4,4\n");
  import_text("a,y\n1,4.0\n2,3\n", like());
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
            "TABLE lacks columns that TRAIN was made from: 'a' (if its first line is data, say --no-header)\n"
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
  EXPECT_NE(message.find("has the target 'y'; with --like the target need not be said"), std::string::npos) << message;
  EXPECT_NE(message.find("is for regression"), std::string::npos) << message;
  EXPECT_NE(message.find("--ignore and --categorical cannot be said with --like"), std::string::npos) << message;
}

TEST_F(TableLikeTest, SchemasOfAnySizeFitIntoTheFile) {
  std::string text = "k,y\n";
  for (int i = 0; i < 2000; ++i) text += fmt::format("{:x>100},0.5\n", i % 1000);
  train(text);
  EXPECT_EQ(read_schema(train_.path()).columns.front().categories.size(), 1000U);
}

}  // namespace
}  // namespace lockstep
