// SPDX-License-Identifier: MIT
// lockstep data, as a person meets it: what it makes, what it says, what it refuses.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "io/dataset_file.hpp"
#include "support/command.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep::test {
namespace {

namespace fs = std::filesystem;

class DataCommand : public testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& name) const {
    return (fs::path{directory_.path()} / name).string();
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{file(name), std::ios::binary} << text;
    return file(name);
  }
  static nlohmann::json json_of(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "data");
    arguments.emplace_back("--json");
    const CommandResult result = run_lockstep(arguments);
    EXPECT_EQ(result.status, 0) << result.err;
    return nlohmann::json::parse(result.out);
  }
  /// Expects status 2, nothing on standard output (with --json the failure), and `sentence` in the one error.
  static void expect_refusal(std::vector<std::string> arguments, const std::string& sentence) {
    arguments.insert(arguments.begin(), "data");
    const CommandResult result = run_lockstep(arguments);
    EXPECT_EQ(result.status, 2);
    if (arguments.back() == "--json")
      EXPECT_EQ(nlohmann::json::parse(result.out).at("exit_status"), 2);
    else
      EXPECT_EQ(result.out, "");
    EXPECT_TRUE(result.err.starts_with("error: ")) << result.err;
    EXPECT_NE(result.err.find(sentence), std::string::npos) << result.err;
  }
  TemporaryDirectory directory_;
};

TEST_F(DataCommand, NeitherReadsNorReplacesPipes) {
  const std::string pipe = file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  expect_refusal({"make", "xor", pipe, "--force"}, "is a device or a pipe, which cannot be replaced");
  expect_refusal({"info", pipe}, "is a device or a pipe");
  expect_refusal({"import", pipe, file("out.h5"), "--target", "last"}, "is a device or a pipe");
  EXPECT_TRUE(fs::is_fifo(pipe));
  const CommandResult checkpoint = run_lockstep({"checkpoint", "verify", pipe});
  EXPECT_EQ(checkpoint.status, 2) << checkpoint.err;
}

TEST_F(DataCommand, SplitsAtNumbersThatMeanOneThing) {
  ASSERT_EQ(run_lockstep({"data", "make", "xor", file("all.h5"), "--samples", "13"}).status, 0);
  for (const char* at : {"nan", "inf", "1.0", "-3", "0", "2.5", "x"})
    expect_refusal({"split", file("all.h5"), file("a.h5"), file("b.h5"), "--at", at},
                   "is neither a number of samples nor a fraction");
}

TEST_F(DataCommand, EverySubcommandExplainsItselfWithExamples) {
  for (const char* name : {"import", "make", "info", "split"}) {
    const CommandResult result = run_lockstep({"data", name, "--help"});
    EXPECT_EQ(result.status, 0);
    EXPECT_NE(result.out.find(std::string{"  lockstep data "} + name), std::string::npos) << result.out;
  }
}

TEST_F(DataCommand, ImportsATableAndTellsWhatItDecided) {
  const std::string table = write("t.csv", "a;kind;y\n1;u;0.5\n?;v;1.5\n3;u;2.5\n");
  const CommandResult result =
      run_lockstep({"data", "import", table, file("t.h5"), "--target", "y", "--missing", "drop"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, file("t.h5") +
                            ": 2 samples, 2 features, regression\n"
                            "regression of 'y' (its target has fractions)\n"
                            "read as semicolon, with header\n"
                            "left out 1 row with missing values\n");
  EXPECT_EQ(open_dataset(file("t.h5"))->info().feature_names, (std::vector<std::string>{"a", "kind=u"}));
}

TEST_F(DataCommand, ImportsATestTableLikeTheTrainingTable) {
  const std::string train = write("train.csv", "a,kind,y\n1,u,no\n2,v,yes\n3,u,no\n");
  const std::string test = write("test.csv", "y,a,kind\nyes,5,v\n");
  (void)json_of({"import", train, file("train.h5"), "--target", "y"});
  const auto object = json_of({"import", test, file("test.h5"), "--like", file("train.h5")});
  EXPECT_EQ(object.at("feature_names"), (std::vector<std::string>{"a", "kind=u", "kind=v"}));
  EXPECT_EQ(object.at("class_names"), (std::vector<std::string>{"no", "yes"}));
  const std::string foreign = write("foreign.csv", "a,kind,y\n1,w,no\n");
  expect_refusal({"import", foreign, file("foreign.h5"), "--like", file("train.h5")},
                 "1 category is unknown to " + file("train.h5") + ": 'w' in row 1 (line 2), column 2 ('kind')");
  EXPECT_FALSE(fs::exists(file("foreign.h5")));
}

TEST_F(DataCommand, ReportsEveryKindOfFaultAndWritesNothing) {
  const std::string table = write("bad.csv", "a,b,y\n1,x,0.5\n2,2,1.5\n,3,inf\n4,4,5,6\n5,5,7\n6,6,8\n");
  const CommandResult result = run_lockstep({"data", "import", table, file("bad.h5"), "--target", "y"});
  EXPECT_EQ(result.status, 2);
  for (const char* sentence :
       {"1 value is missing: row 3 (line 4), column 1 ('a')", "'x' in row 1 (line 2), column 2 ('b')",
        "'inf' in row 3 (line 4), column 3 ('y')", "row 4 (line 5) has 4 instead of 3"}) {
    EXPECT_NE(result.err.find(sentence), std::string::npos) << sentence << " is not in\n" << result.err;
  }
  for (const auto& entry : fs::directory_iterator{directory_.path()}) EXPECT_EQ(entry.path().filename(), "bad.csv");
}

TEST_F(DataCommand, RefusesWhatItCannotImport) {
  const std::string table = write("t.csv", "a,y\n1,0.5\n2,1.5\n");
  const std::string out = file("out.h5");
  expect_refusal({"import", file("absent.csv"), out, "--target", "last"}, "there is no such file");
  fs::create_symlink("loop.csv", file("loop.csv"));
  expect_refusal({"import", file("loop.csv"), out, "--target", "last"}, "is a link that leads back to itself");
  expect_refusal({"import", write("empty.csv", ""), out, "--target", "last"}, "empty.csv: is empty");
  expect_refusal({"import", table, out}, "--target is missing");
  expect_refusal({"import", table, out, "--target", "z"}, "has no column 'z'");
  expect_refusal({"import", table, out, "--target", "y", "--missing", "fil"}, "did you mean 'fill'?");
  expect_refusal({"import", table, out, "--target", "y", "--task", "classify"}, "unknown --task 'classify'");
  expect_refusal({"import", table, out, "--target", "y", "--delimiter", "colon"}, "--delimiter: 'colon' is none of");
  expect_refusal({"import", table, out, "--target", "y", "--header", "--no-header"}, "contradict each other");
  expect_refusal({"import", table, out, "--target", "y", "--gzip", "11"}, "--gzip: level 11; from 0 to 9");
  expect_refusal({"import", table, out, "--target", "y", "--class-names", "a,b"},
                 "--class-names cannot be said of a table");
  expect_refusal({"import", table, table, out, "--target", "y"}, "--target cannot be said of IDX files");
  expect_refusal({"import", table, table, out}, "is not an IDX file");
  expect_refusal({"import", write("i.idx", std::string{"\0\0\x8\x1\0\0\0\x1\5", 9}), out, "--target", "y"},
                 "is an IDX file; name its partner too");
  EXPECT_FALSE(fs::exists(out));
}

TEST_F(DataCommand, NeverReplacesAFileUnlessForced) {
  (void)json_of({"make", "xor", file("x.h5"), "--samples", "8"});
  expect_refusal({"make", "xor", file("x.h5"), "--samples", "12"}, "exists already; choose another name, or --force");
  EXPECT_EQ(open_dataset(file("x.h5"))->info().samples, 8);
  EXPECT_EQ(json_of({"make", "xor", file("x.h5"), "--samples", "12", "--force"}).at("samples"), 12);
  EXPECT_EQ(open_dataset(file("x.h5"))->info().samples, 12);
}

TEST_F(DataCommand, MakesTheSameBytesFromTheSameSeed) {
  const auto bytes_of = [&](const char* name, const char* seed) {
    (void)json_of({"make", "digits", file(name), "--samples", "37", "--seed", seed});
    std::ifstream input{file(name), std::ios::binary};
    return std::string{std::istreambuf_iterator<char>{input}, {}};
  };
  const std::string one = bytes_of("one.h5", "5");
  EXPECT_EQ(bytes_of("again.h5", "5"), one);
  EXPECT_NE(bytes_of("other.h5", "6"), one);
}

TEST_F(DataCommand, ImportsWhatIsToBePredictedWithoutATarget) {
  const std::string train = write("train.csv", "a,kind,y\n1,u,no\n2,v,yes\n3,u,no\n");
  (void)json_of({"import", train, file("train.h5"), "--target", "y"});
  const CommandResult result =
      run_lockstep({"data", "import", write("new.csv", "a,kind\n5,v\n"), file("new.h5"), "--like", file("train.h5")});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, file("new.h5") +
                            ": 1 sample, 3 features, no targets\n"
                            "the table has no column 'y', so this is for 'lockstep predict' only\n"
                            "read as comma, with header\n");
  EXPECT_EQ(json_of({"info", file("new.h5")}).at("task"), "none");
  const CommandResult info = run_lockstep({"data", "info", file("new.h5")});
  EXPECT_NE(info.out.find("no targets: for 'lockstep predict' only"), std::string::npos) << info.out;
}

TEST_F(DataCommand, WarnsOfColumnsThatShareAName) {
  const CommandResult result =
      run_lockstep({"data", "import", write("t.csv", "a,a,y\n1,2,0.5\n2,3,1.5\n"), file("t.h5"), "--target", "y"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.err.find("warning: " + file("t.csv") + ": 2 columns have the name 'a' (1, 2)"), std::string::npos)
      << result.err;
}

TEST_F(DataCommand, WarnsOfClassesThatLookLikeASlip) {
  std::string table = "a,y\n";
  for (int row = 0; row < 99; ++row) table += row % 2 == 0 ? "1,cat\n" : "2,dog\n";
  const std::string usual = write("usual.csv", table);
  EXPECT_TRUE(json_of({"import", usual, file("usual.h5"), "--target", "y"}).at("warnings").empty());
  const auto warnings =
      json_of({"import", write("t.csv", table + "3,dgo\n"), file("t.h5"), "--target", "y"}).at("warnings");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings.at(0), file("t.csv") + ": only one of 100 samples is of class 'dgo' (row 100); is it a slip?");
  const std::string few = write("few.csv", "a,y\n1,cat\n2,cat\n3,dog\n");
  EXPECT_TRUE(json_of({"import", few, file("few.h5"), "--target", "y"}).at("warnings").empty());
}

TEST_F(DataCommand, ListsOfColumnsTakeOneArgumentEach) {
  const std::string table = write("t.csv", "a,b,c,y\n1,2,3,0.5\n2,3,4,1.5\n");
  EXPECT_EQ(json_of({"import", table, "--target", "y", "--ignore", "a", file("one.h5")}).at("features"), 2);
  EXPECT_EQ(json_of({"import", table, "--target", "y", "--ignore", "a,b", file("two.h5")}).at("features"), 1);
  EXPECT_EQ(
      json_of({"import", table, "--target", "y", "--ignore", "a", "--ignore", "b", file("three.h5")}).at("features"),
      1);
}

TEST_F(DataCommand, RefusesNumbersThatAreOutOfReach) {
  expect_refusal({"make", "digits", file("d.h5"), "--samples", "1000000000000000"}, "do not fit on its disk");
  expect_refusal({"make", "digits", file("d.h5"), "--samples", "9000000000000000000"}, "do not fit on its disk");
  expect_refusal({"make", "digits", file("d.h5"), "--seed", "-1"}, "--seed: '-1' is not a whole number from 0");
  expect_refusal({"make", "digits", file("d.h5"), "--samples", "--seed", "3"},
                 "--samples needs a value, and --seed follows");
  expect_refusal({"make", "digits", file("d.h5"), "--seed", "--force"}, "--seed needs a value, and --force follows");
  EXPECT_EQ(json_of({"make", "line", file("l.h5"), "--samples", "11", "--chunk", "100000000000"}).at("samples"), 11);
  EXPECT_EQ(json_of({"info", file("l.h5")}).at("chunk_samples"), 11);
  expect_refusal({"info", ""}, "the name of a file is empty");
  EXPECT_FALSE(fs::exists(file("d.h5")));
}

TEST_F(DataCommand, SplitSaysWhatMaySurprise) {
  (void)json_of({"make", "line", file("all.h5"), "--samples", "101"});
  const CommandResult result =
      run_lockstep({"data", "split", file("all.h5"), file("a.h5"), file("b.h5"), "--at", "5", "--seed", "3"});
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.err.find("--seed changes nothing without --shuffle"), std::string::npos) << result.err;
}

TEST_F(DataCommand, ASignalLeavesNothingHalfWritten) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Command making{lockstep_command({"data", "make", "digits", file("large.h5"), "--samples", "2000000"})};
    while (!fs::exists(file("large.h5.lockstep-tmp")) && !making.ended()) std::this_thread::yield();
    making.send(signal);
    EXPECT_EQ(making.wait().status, 128 + signal);
    EXPECT_TRUE(fs::is_empty(directory_.path()));
  }
}

TEST_F(DataCommand, ADamagedSchemaIsNamed) {
  DatasetWriter writer{file("t.h5"), {.features = 1, .classes = 2}, {}, false, {{"table_schema", "{\"version\":"}}};
  writer.append_floats(std::vector<float>{1});
  writer.append_labels(std::vector<Label>{1});
  writer.close();
  expect_refusal({"info", file("t.h5"), "--json"}, "its attribute table_schema is damaged");
}

TEST_F(DataCommand, SuggestsTheNearestSyntheticSet) {
  expect_refusal({"make", "digts", file("d.h5")}, "did you mean 'digits'?");
  expect_refusal({"make", "digits", file("d.h5"), "--samples", "0"}, "--samples: 0 is not a number of samples");
}

TEST_F(DataCommand, InfoShowsClassesAndValues) {
  (void)json_of({"make", "and", file("and.h5"), "--samples", "40", "--chunk", "7", "--gzip", "3"});
  const auto object = json_of({"info", file("and.h5")});
  EXPECT_EQ(object.at("task"), "classification");
  EXPECT_EQ(object.at("class_samples"), (std::vector<int>{30, 10}));
  EXPECT_EQ(object.at("chunk_samples"), 7);
  EXPECT_EQ(object.at("feature_values").size(), 2U);
  const CommandResult text = run_lockstep({"data", "info", file("and.h5")});
  EXPECT_NE(text.out.find("classification into 2 classes"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("float32, in chunks of 7 samples"), std::string::npos) << text.out;
  expect_refusal({"info", write("no.h5", "no data")}, "not an HDF5 file");
}

TEST_F(DataCommand, SplitsByCountAndByFraction) {
  (void)json_of({"make", "line", file("all.h5"), "--samples", "101"});
  const auto by_fraction = json_of({"split", file("all.h5"), file("a.h5"), file("b.h5"), "--at", "0.25", "--shuffle"});
  EXPECT_EQ(by_fraction.at("first").at("samples"), 25);
  EXPECT_EQ(by_fraction.at("rest").at("samples"), 76);
  EXPECT_EQ(json_of({"split", file("all.h5"), file("c.h5"), file("d.h5"), "--at", "100"}).at("rest").at("samples"), 1);
  expect_refusal({"split", file("all.h5"), file("e.h5"), file("f.h5"), "--at", "101"}, "would leave one part empty");
  expect_refusal({"split", file("all.h5"), file("e.h5"), file("f.h5"), "--at", "1.5"},
                 "neither a number of samples nor");
  expect_refusal({"split", file("all.h5"), file("a.h5"), file("f.h5"), "--at", "5"}, "exists already");
  EXPECT_FALSE(fs::exists(file("e.h5")));
  EXPECT_FALSE(fs::exists(file("f.h5")));
}

TEST_F(DataCommand, WorksUnderMpirunAndSpeaksOnce) {
  const CommandResult made = run_lockstep_on(3, {"data", "make", "ring", file("ring.h5"), "--samples", "29"});
  EXPECT_EQ(made.status, 0) << made.err;
  EXPECT_EQ(made.out, file("ring.h5") + ": 29 samples of ring, 2 features, seed 1\n");
  const CommandResult refused = run_lockstep_on(3, {"data", "make", "ring", file("ring.h5")});
  EXPECT_EQ(refused.status, 2);
  EXPECT_NE(refused.err.find("exists already"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find("MPI_ABORT"), std::string::npos) << refused.err;
}

}  // namespace
}  // namespace lockstep::test
