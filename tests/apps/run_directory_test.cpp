// SPDX-License-Identifier: MIT
#include "apps/run_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep {
namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

std::string refusal_of(const RunDirectory& directory, const RunRequest& request) {
  try {
    directory.require_same(request);
  } catch (const RequestError& failure) {
    return failure.what();
  }
  return {};
}

RunDirectory begun(const std::string& path, const RunRequest& request = {}) {
  RunDirectory directory{path};
  directory.make();
  directory.write_config(request);
  return directory;
}

TEST(RunDirectory, GoesFromAbsentToUnfinishedToFinished) {
  const TemporaryDirectory place;
  const RunDirectory directory{place / "runs/deep/a"};
  EXPECT_EQ(directory.state(), RunDirectory::State::absent);
  directory.make();
  EXPECT_EQ(directory.state(), RunDirectory::State::absent) << "nothing was begun yet";
  directory.write_config({});
  EXPECT_EQ(directory.state(), RunDirectory::State::unfinished);
  directory.write_summary({{"weights_hash", "ab"}});
  EXPECT_EQ(directory.state(), RunDirectory::State::finished);
  EXPECT_EQ(directory.read_summary().at("weights_hash"), "ab");
}

TEST(RunDirectory, RefusesWhatIsSomethingElse) {
  const TemporaryDirectory place;
  std::ofstream{place / "note.txt"} << "mine";
  EXPECT_THROW((void)RunDirectory{place.path()}.state(), RequestError);
  EXPECT_THROW((void)RunDirectory{place / "note.txt"}.state(), RequestError);
}

TEST(RunDirectory, BelongsToTheSameSettingsOnOtherMachines) {
  const TemporaryDirectory place;
  RunRequest request{.train_data = "train.h5, 211 samples of 7 features"};
  const RunDirectory directory = begun(place / "a", request);
  request.config.threads = 5;
  request.config.checkpoint_every = 17;
  request.train = "/elsewhere/train.h5";
  EXPECT_EQ(refusal_of(directory, request), "");
}

TEST(RunDirectory, NamesEverySettingThatDiffersAndWhatToDo) {
  const TemporaryDirectory place;
  const RunDirectory directory = begun(place / "a", {.train_data = "train.h5, 211 samples of 7 features"});
  RunRequest other{.train_data = "train.h5, 199 samples of 7 features"};
  other.config.hidden = {17};
  other.config.learning_rate = 0.25;
  const std::string refusal = refusal_of(directory, other);
  EXPECT_NE(refusal.find("hidden was '128' in the run of"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("but is '17' now"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("learning-rate was 'auto'"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("199 samples"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("choose another --run"), std::string::npos) << refusal;
  EXPECT_EQ(refusal.find("seed"), std::string::npos) << refusal;
}

TEST(RunDirectory, PointsAFinishedRunToItsWeights) {
  const TemporaryDirectory place;
  const RunDirectory directory = begun(place / "a");
  directory.write_summary({{"weights_hash", "ab"}});
  RunRequest longer;
  longer.config.epochs = 17;
  const std::string refusal = refusal_of(directory, longer);
  EXPECT_NE(refusal.find("epochs was '10'"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("choose another --run, and to train on from its weights add --init-from " + directory.path()),
            std::string::npos)
      << refusal;
}

TEST(RunDirectory, DoesNotTakeWhatAKilledWriterLeftForACheckpoint) {
  const TemporaryDirectory place;
  const RunDirectory directory = begun(place / "a");
  std::ofstream{directory.checkpoints() + "/step-000000000001.h5.lockstep-tmp"} << "half";
  EXPECT_FALSE(directory.has_checkpoints());
  std::ofstream{directory.checkpoints() + "/step-000000000001.h5"} << "whole";
  EXPECT_TRUE(directory.has_checkpoints());
}

TEST(RunDirectory, IsRemovedAgainOnlyWhenNothingCameOfIt) {
  const TemporaryDirectory place;
  const RunDirectory nothing = begun(place / "a");
  nothing.write_metrics({});
  EXPECT_TRUE(nothing.remove_if_nothing_came());
  EXPECT_FALSE(std::filesystem::exists(nothing.path()));

  const RunDirectory epoch = begun(place / "b");
  epoch.write_metrics({"{}"});
  EXPECT_FALSE(epoch.remove_if_nothing_came());
  const RunDirectory checkpoint = begun(place / "c");
  std::ofstream{checkpoint.checkpoints() + "/step-000000000001.h5"} << "whole";
  EXPECT_FALSE(checkpoint.remove_if_nothing_came());
  const RunDirectory foreign = begun(place / "d");
  std::ofstream{place / "d/thesis.tex"} << "precious";
  EXPECT_FALSE(foreign.remove_if_nothing_came());
  EXPECT_TRUE(std::filesystem::exists(place / "d/thesis.tex"));
}

TEST(RunDirectory, SaysWhenItCannotBeLookedAt) {
  const TemporaryDirectory place;
  std::ofstream{place / "file"} << "x";
  const RunDirectory below_a_file{place / "file/run"};
  EXPECT_THROW((void)below_a_file.make(), FileError);
  const RunDirectory too_long{place / std::string(300, 'n')};
  EXPECT_THROW((void)too_long.state(), FileError);
}

TEST(RunDirectory, RewritesAndExtendsTheMetrics) {
  const TemporaryDirectory place;
  const RunDirectory directory = begun(place / "a");
  directory.append_metrics("{\"epoch\": 9}");
  directory.write_metrics({"{\"epoch\": 1}", "{\"epoch\": 2}"});
  directory.append_metrics("{\"epoch\": 3}");
  EXPECT_EQ(text_of(place / "a/metrics.jsonl"), "{\"epoch\": 1}\n{\"epoch\": 2}\n{\"epoch\": 3}\n");
}

TEST(RunDirectory, RefusesASummaryThatIsNone) {
  const TemporaryDirectory place;
  const RunDirectory directory = begun(place / "a");
  std::ofstream{place / "a/summary.json"} << "{\"weights";
  EXPECT_THROW((void)directory.read_summary(), FileError);
}

TEST(RunLock, IsHeldByOneAtATime) {
  const TemporaryDirectory place;
  const RunDirectory directory = begun(place / "a");
  {
    const RunLock first{directory};
    EXPECT_THROW(RunLock{directory}, RequestError);
  }
  EXPECT_NO_THROW(RunLock{directory});
}

}  // namespace
}  // namespace lockstep
