// SPDX-License-Identifier: MIT
#include "apps/config_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/settings.hpp"

namespace lockstep {
namespace {

RunRequest parsed(std::string_view text) {
  RunRequest request;
  parse_config(text, "RUN.toml", request);
  return request;
}

std::vector<std::string> problems_of(std::string_view text) {
  try {
    (void)parsed(text);
  } catch (const RequestError& failure) {
    return failure.problems();
  }
  return {};
}

TEST(ConfigFile, ReadsEveryKindOfValue) {
  const RunRequest request = parsed(
      "train = 'data/train.h5'\n"
      "run = \"runs/a\"\n"
      "hidden = [300, 100]\n"
      "learning-rate = 1e-3\n"
      "batch-size = 37\n"
      "shuffle = false\n"
      "activation = \"tanh\"\n"
      "validation = 0.1\n");
  EXPECT_EQ(request.train, "data/train.h5");
  EXPECT_EQ(request.run, "runs/a");
  EXPECT_EQ(request.config.hidden, (std::vector<Index>{300, 100}));
  EXPECT_EQ(request.config.learning_rate, 0.001);
  EXPECT_EQ(request.config.batch_size, 37);
  EXPECT_FALSE(request.config.shuffle);
  EXPECT_EQ(request.config.activation, Activation::tanh);
  EXPECT_EQ(request.config.validation, 0.1);
}

TEST(ConfigFile, RefusesEmptyPaths) {
  EXPECT_EQ(problems_of("train = 'a.h5'\ntest = ''\n"),
            std::vector<std::string>{"RUN.toml, line 2: test is empty (\"\"); give it a text, or remove the line"});
}

TEST(ConfigFile, ShowsTheLineAndColumnThatAreNoToml) {
  const std::vector<std::string> problems = problems_of("seed = 3\n  activation = relu  \nepochs = 2\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].starts_with("RUN.toml, line 2, column 16: 'activation = relu' is no TOML (")) << problems[0];
  EXPECT_TRUE(
      problems[0].ends_with("write NAME = VALUE, each name once, texts in \"quotes\", lists in [brackets], "
                            "remarks behind #"))
      << problems[0];
  const std::string end = problems_of("hidden = [3,").at(0);
  EXPECT_TRUE(end.starts_with("RUN.toml, line 1, column 13: 'hidden = [3,' is no TOML (")) << end;
  const std::string twice = problems_of("seed = 1\nseed = 2\n").at(0);
  EXPECT_TRUE(twice.starts_with("RUN.toml, line 2, column 8: 'seed = 2' is no TOML (cannot redefine")) << twice;
  const std::string long_line = problems_of(std::string(100, 'x') + "\n").at(0);
  EXPECT_TRUE(long_line.starts_with("RUN.toml, line 1, column 101: '" + std::string(60, 'x') + "' is no TOML"));
}

TEST(ConfigFile, TakesAnEmptyListForALinearModel) { EXPECT_TRUE(parsed("hidden = []").config.hidden.empty()); }

TEST(ConfigFile, NamesTheLineOfAnUnknownSettingAndTheNearestKnown) {
  const std::vector<std::string> problems = problems_of("seed = 3\n\nbatchsize = 32\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0], "RUN.toml, line 3: unknown setting 'batchsize'; did you mean 'batch-size'?");
}

TEST(ConfigFile, ListsAllProblemsInTheOrderOfTheirLines) {
  const std::vector<std::string> problems =
      problems_of("zebra = 1\nseed = \"many\"\nepochs = 2\nactivation = [[1]]\ntrain = 7\n");
  ASSERT_EQ(problems.size(), 4U);
  EXPECT_NE(problems[0].find("line 1: unknown setting 'zebra'"), std::string::npos) << problems[0];
  EXPECT_NE(problems[1].find("line 2: seed must be"), std::string::npos) << problems[1];
  EXPECT_NE(problems[2].find("line 4: activation must be"), std::string::npos) << problems[2];
  EXPECT_NE(problems[3].find("line 5: train must be a text"), std::string::npos) << problems[3];
}

TEST(ConfigFile, NamesTheTypeThatASettingWants) {
  const std::vector<std::string> problems = problems_of(
      "epochs = \"3\"\nhidden = 3\nseed = 1.5\nmomentum = true\nactivation = 7\nshuffle = \"true\"\n"
      "hidden-layers = 2\ndropout = 1\nl1 = \"0.5\"\nbatch-size = [3]\n");
  ASSERT_EQ(problems.size(), 9U);
  EXPECT_EQ(problems[0], "RUN.toml, line 1: epochs must be a whole number without quotes, like 128");
  EXPECT_EQ(problems[1], "RUN.toml, line 2: hidden must be a list of whole numbers in brackets, like [300, 100]");
  EXPECT_EQ(problems[2], "RUN.toml, line 3: seed must be a whole number without quotes, like 128");
  EXPECT_EQ(problems[3], "RUN.toml, line 4: momentum must be a number without quotes, like 0.001");
  EXPECT_EQ(problems[4], "RUN.toml, line 5: activation must be a text in quotes");
  EXPECT_EQ(problems[5], "RUN.toml, line 6: shuffle must be true or false, without quotes");
  EXPECT_TRUE(problems[7].starts_with("RUN.toml, line 9: l1 must be")) << problems[7];
  EXPECT_TRUE(problems[8].starts_with("RUN.toml, line 10: batch-size must be")) << problems[8];
}

TEST(ConfigFile, KeepsPathsThatAreNoUtf8) {
  const RunRequest request{.train =
                               "/data/stra\xDF"
                               "e.h5",
                           .init_from = "/a\\x41\xC3\xA9",
                           .train_data = "\xFF"};
  const std::string text = config_text(request);
  EXPECT_NE(text.find("/data/stra\\\\xDFe.h5"), std::string::npos) << text;
  EXPECT_EQ(parsed(text), request);
}

TEST(ConfigFile, SaysThatThereAreNoSections) {
  const std::vector<std::string> problems = problems_of("[network]\nhidden = [3]\n");
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("line 1: there are no sections"), std::string::npos) << problems[0];
}

TEST(ConfigFile, ReadsBackWhatItWrites) {
  RunRequest request{.train = "/data/tr\"ain\\.h5", .test = "/data/test.h5", .run = "/runs/a", .train_data = "train"};
  request.config.hidden = {17, 5};
  request.config.learning_rate = 0.1F;  // not a short decimal
  request.config.loss = Loss::huber;
  request.config.shuffle = false;
  request.config.seed = 9'007'199'254'740'993;  // no double holds it
  request.config.standardize = Standardize::targets;
  RunRequest expected = request;
  expected.run.clear();
  EXPECT_EQ(parsed(config_text(request)), expected);
}

TEST(ConfigFile, ReadsBackTheDefaults) { EXPECT_EQ(parsed(config_text({})), RunRequest{}); }

TEST(ConfigFile, MakesPathsAbsoluteSoThatItWorksFromAnyFolder) {
  const RunRequest again = parsed(config_text({.train = "some/../train.h5"}));
  EXPECT_TRUE(again.train.starts_with('/')) << again.train;
  EXPECT_TRUE(again.train.ends_with("/train.h5")) << again.train;
  EXPECT_EQ(again.train.find(".."), std::string::npos) << again.train;
}

TEST(ConfigFile, WritesEverySetting) {
  const std::string text = config_text({});
  for (const Setting& setting : settings())
    EXPECT_NE(text.find(fmt::format("\n{} = ", setting.name)), std::string::npos) << setting.name;
}

}  // namespace
}  // namespace lockstep
