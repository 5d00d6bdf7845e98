// SPDX-License-Identifier: MIT
// The command as a person meets it: help, version and what it says to a slip of the pen.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/settings.hpp"
#include "support/command.hpp"

namespace lockstep::test {
namespace {

using Arguments = std::vector<std::string>;

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(CommandLine, PrintsItsVersionOnStandardOutput) {
  const CommandResult result = run_lockstep({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(result.out.starts_with("lockstep ")) << result.out;
  EXPECT_EQ(result.err, "");
}

TEST(CommandLine, ExplainsItselfWithEveryCommandAndExamples) {
  const CommandResult result = run_lockstep({"--help"});
  EXPECT_EQ(result.status, 0);
  for (const char* word : {"train", "evaluate", "predict", "checkpoint", "doctor", "Examples:", "mpirun -n 2"})
    EXPECT_NE(result.out.find(word), std::string::npos) << word;
  EXPECT_EQ(result.err, "");
}

TEST(CommandLine, ShowsEverySettingWithItsDefaultUnderItsHeading) {
  const CommandResult result = run_lockstep({"train", "--help"});
  EXPECT_EQ(result.status, 0);
  for (const Setting& setting : settings()) {
    EXPECT_NE(result.out.find(fmt::format("--{} ", setting.name)), std::string::npos) << setting.name;
    EXPECT_NE(result.out.find(fmt::format("{}:", setting.group)), std::string::npos) << setting.group;
  }
  EXPECT_NE(result.out.find("[adam]"), std::string::npos) << result.out;
}

TEST(CommandLine, SaysWhatItsExitStatusesMean) {
  for (const Arguments& command : {Arguments{"--help"}, Arguments{"train", "--help"}}) {
    std::string help = run_lockstep(command).out;
    std::ranges::replace(help, '\n', ' ');
    for (const char* word : {"Exit status", "75 stopped by", "2 the request is wrong"})
      EXPECT_NE(help.find(word), std::string::npos) << word << " in " << help;
  }
}

TEST(CommandLine, KeepsEveryLineOfHelpWithinAHundredColumns) {
  for (const Arguments& command :
       {Arguments{}, Arguments{"train"}, Arguments{"evaluate"}, Arguments{"predict"}, Arguments{"doctor"},
        Arguments{"checkpoint"}, Arguments{"data"}, Arguments{"data", "import"}, Arguments{"data", "make"},
        Arguments{"bench"}, Arguments{"bench", "step"}, Arguments{"study", "dropout"},
        Arguments{"study", "batch-size"}}) {
    Arguments asked = command;
    asked.emplace_back("--help");
    std::istringstream lines{run_lockstep(asked).out};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  }
}

struct Slip {
  const char* name;
  Arguments arguments;
  const char* sentence;
};

class SlipOfThePen : public testing::TestWithParam<Slip> {};

TEST_P(SlipOfThePen, GetsOneSentenceAndStatusTwo) {
  const CommandResult result = run_lockstep(GetParam().arguments);
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find(GetParam().sentence), std::string::npos) << result.err;
  EXPECT_TRUE(result.err.starts_with("error: ")) << result.err;
  EXPECT_EQ(lines_of(result.err), 1U) << result.err;
}

INSTANTIATE_TEST_SUITE_P(
    CommandLine, SlipOfThePen,
    testing::Values(
        Slip{"NoCommand", {}, "the command is missing after 'lockstep'"},
        Slip{"UnknownCommand", {"trian"}, "unknown command 'trian' of 'lockstep'; did you mean 'train'?"},
        Slip{"UnknownCommandWithFlags",
             {"trian", "--jsn", "--hidden", "3"},
             "unknown command 'trian' of 'lockstep'; did you mean 'train'?"},
        Slip{"UnknownSubcommand", {"checkpoint", "verfy"}, "did you mean 'verify'?"},
        Slip{"UnknownFlag",
             {"train", "--epoch", "3"},
             "unknown flag --epoch for 'lockstep train'; did you mean '--epochs'?"},
        Slip{"Abbreviation",
             {"train", "--lr", "0.1"},
             "unknown flag --lr for 'lockstep train'; did you mean "
             "'--learning-rate'?"},
        Slip{"UnknownFlagWithValue", {"train", "--learning_rat=3"}, "did you mean '--learning-rate'?"},
        Slip{"MissingValue", {"train", "--seed"}, "--seed needs a value"},
        Slip{"FlagTwice", {"train", "--train", "a.h5", "--train", "b.h5"}, "--train is given 2 times; give it once"},
        Slip{"SettingTwice", {"train", "--seed", "1", "--seed=2"}, "--seed is given 2 times; give it once"},
        Slip{"EmptyTest", {"train", "--train", "a.h5", "--run", "r", "--test", ""}, "--test has an empty value"},
        Slip{"EmptyConfig", {"train", "--config="}, "--config has an empty value"},
        Slip{"EmptyInitFrom", {"train", "--init-from", ""}, "--init-from has an empty value"},
        Slip{"EmptyHash", {"train", "--expect-hash", ""}, "--expect-hash has an empty value"},
        Slip{"EmptyLike", {"data", "import", "a.csv", "b.h5", "--like="}, "--like has an empty value"},
        Slip{"EmptyDelimiter", {"data", "import", "a.csv", "b.h5", "--delimiter", ""}, "--delimiter has an empty"},
        Slip{"EmptyCheckpoint", {"checkpoint", "info", ""}, "the name of the checkpoint is empty"},
        Slip{"MissingArgument", {"evaluate", "a.h5"}, "DATA.h5 is missing after 'lockstep evaluate'"},
        Slip{"OneArgumentTooMany", {"doctor", "please"}, "takes no further argument 'please'"}),
    [](const testing::TestParamInfo<Slip>& slip) { return std::string{slip.param.name}; });

/// What one failing command leaves on standard output with --json.
void expect_failure_object(const CommandResult& result, int status, const std::vector<std::string>& words) {
  EXPECT_EQ(result.status, status) << result.err;
  const auto object = nlohmann::json::parse(result.out, nullptr, false);
  ASSERT_TRUE(object.is_object()) << result.out;
  EXPECT_EQ(object.at("exit_status"), status);
  ASSERT_EQ(object.at("error").size(), words.size()) << result.out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string sentence = object.at("error").at(i);
    EXPECT_NE(sentence.find(words[i]), std::string::npos) << sentence;
    EXPECT_NE(result.err.find("error: " + sentence), std::string::npos) << result.err;
  }
}

TEST(CommandLine, FillsTheParagraphsOfAHelp) {
  // A source line that is wider than the help does not leave its last word alone on a line.
  const std::string help = run_lockstep({"bench", "step", "--help"}).out;
  EXPECT_NE(help.find("ReLU,\nsoftmax cross-entropy, random floats. GFLOP/s count"), std::string::npos) << help;
  EXPECT_NE(help.find("\nExamples:\n  lockstep bench step\n"), std::string::npos) << help;
}

TEST(CommandLine, AnswersEveryFailureByAnObjectWithJson) {
  for (const Arguments& command :
       {Arguments{"data", "info", "none.h5"}, Arguments{"data", "make", "xor", "none/x.h5"},
        Arguments{"data", "import", "none.csv", "x.h5", "--target", "last"},
        Arguments{"data", "split", "none.h5", "a.h5", "b.h5", "--at", "3"}, Arguments{"checkpoint", "info", "none.h5"},
        Arguments{"checkpoint", "verify", "none.h5"}, Arguments{"predict", "none", "none.h5", "x.h5"},
        Arguments{"evaluate", "none", "none.h5"}, Arguments{"bench", "step", "--net", "none"},
        Arguments{"train", "--train", "none.h5", "--run", "x"}}) {
    Arguments asked = command;
    asked.emplace_back("--json");
    const bool several = command[0] == "train" || command[1] == "verify";
    const CommandResult result = run_lockstep(asked);
    if (several) {
      EXPECT_EQ(result.status, 2);
      EXPECT_TRUE(nlohmann::json::accept(result.out)) << result.out;
      EXPECT_NE(result.out.find("none.h5"), std::string::npos) << result.out;
    } else {
      expect_failure_object(result, 2, {"none"});
    }
  }
}

TEST(CommandLine, AnswersWrongFlagsByAnObjectWithJsonOnAnyRanks) {
  const Arguments wrong{"train", "--json", "--epoch", "3", "--sede", "5"};
  for (const int ranks : {1, 2}) expect_failure_object(run_lockstep_on(ranks, wrong), 2, {"--epoch ", "--sede "});
  EXPECT_EQ(run_lockstep({"train", "--epoch", "3"}).out, "");
}

TEST(CommandLine, RefusesFilesOfSettingsWithoutEnd) {
  const CommandResult result = run_lockstep({"train", "--config", "/dev/zero"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("/dev/zero: is a device or a pipe"), std::string::npos) << result.err;
  const TemporaryDirectory directory;
  std::ofstream{directory / "large.toml"}.close();
  std::filesystem::resize_file(directory / "large.toml", (1U << 24U) + 1);
  const CommandResult large = run_lockstep({"train", "--config", directory / "large.toml"});
  EXPECT_EQ(large.status, 2);
  EXPECT_NE(large.err.find("has 16777217 bytes, and such a file of text has 16777216 at most"), std::string::npos)
      << large.err;
}

TEST(CommandLine, HelpSaysWhatCannotBeTrained) {
  const std::string help = run_lockstep({"train", "--help"}).out;
  EXPECT_NE(help.find("step and sign"), std::string::npos);
  EXPECT_EQ(help.find("One of step"), std::string::npos);
}

TEST(CommandLine, NamesAllUnknownFlagsAtOnce) {
  const CommandResult result = run_lockstep({"train", "--epoch", "3", "--sede", "5"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(lines_of(result.err), 2U) << result.err;
  EXPECT_NE(result.err.find("'--seed'"), std::string::npos) << result.err;
}

/// The command under a shell that sends its standard output elsewhere.
CommandResult run_redirected(std::vector<std::string> arguments, const std::string& where) {
  std::vector<std::string> shell{"bash", "-c", "set -o pipefail; \"$0\" \"$@\" " + where};
  for (std::string& argument : lockstep_command(std::move(arguments))) shell.push_back(std::move(argument));
  return run_command(shell);
}

TEST(CommandLine, SaysWhenItsOutputIsLost) {
  for (const Arguments& arguments : {Arguments{"doctor"}, Arguments{"doctor", "--json"}}) {
    const CommandResult result = run_redirected(arguments, "> /dev/full");
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("standard output could not be written (No space left on device)"), std::string::npos)
        << result.err;
  }
}

TEST(CommandLine, GoesOnWhenItsReaderHasSeenEnough) {
  const TemporaryDirectory directory;
  const std::string data = directory / "xor.h5";
  ASSERT_EQ(run_lockstep({"data", "make", "xor", data, "--samples", "101"}).status, 0);
  const CommandResult result = run_redirected(
      {"train", "--train", data, "--run", directory / "run", "--epochs", "23", "--threads", "1"}, "2>&1 | head -n 1");
  EXPECT_EQ(result.status, 0) << result.out;
  EXPECT_TRUE(std::filesystem::exists(directory / "run/summary.json"));
}

TEST(CommandLine, LeavesInOrderUnderMpirun) {
  const CommandResult result = run_lockstep_on(3, {"train", "--epoch", "3"});
  EXPECT_EQ(result.status, 2);
  EXPECT_NE(result.err.find("did you mean '--epochs'?"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("MPI_ABORT"), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("[rank"), std::string::npos) << result.err;
}

TEST(CommandLine, ExplainsBenchByItsOwnExamples) {
  const CommandResult result = run_lockstep({"bench", "--help"});
  EXPECT_NE(result.out.find("  lockstep bench step"), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find("lockstep train"), std::string::npos) << result.out;
}

TEST(Doctor, NamesTheMpiLibraryWithoutStartingIt) {
  const auto object = nlohmann::json::parse(run_lockstep({"doctor", "--json"}).out);
  const std::string mpi = object.at("versions").at("MPI");
  const std::size_t alone = mpi.find(" (not started: this process runs alone)");
  ASSERT_NE(alone, std::string::npos) << mpi;
  EXPECT_GT(alone, 0U) << "no library is named";
}

TEST(Doctor, TellsVersionsCoresAndHowToStart) {
  const CommandResult result = run_lockstep({"doctor"});
  EXPECT_EQ(result.status, 0) << result.err;
  for (const char* word :
       {"oneTBB", "HDF5", "matrix products", "instruction set", "depends on: data", "mpirun ", "srun "})
    EXPECT_NE(result.out.find(word), std::string::npos) << word;
}

TEST(Doctor, ShowsThePlaceOfEveryRank) {
  const CommandResult result = run_lockstep_on(3, {"doctor", "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  const auto object = nlohmann::json::parse(result.out);
  ASSERT_EQ(object.at("ranks").size(), 3U);
  for (const auto& rank : object.at("ranks")) EXPECT_GE(rank.at("threads").get<int>(), 1);
  EXPECT_NE(object.at("versions").at("MPI").get<std::string>().find("MPI"), std::string::npos);
}

}  // namespace
}  // namespace lockstep::test
