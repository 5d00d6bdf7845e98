// SPDX-License-Identifier: MIT
#include "apps/run_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
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
