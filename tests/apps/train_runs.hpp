// SPDX-License-Identifier: MIT
// Small runs of `lockstep train` in a folder of their own, for tests of the command.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/command.hpp"
#include "support/data_files.hpp"

namespace lockstep::test {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;
using Json = nlohmann::json;

inline std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

inline std::vector<Json> lines_of(const std::string& path) {
  std::vector<Json> lines;
  std::ifstream stream{path};
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

/// What metrics.jsonl must not depend on the machine for.
inline std::vector<Json> without_times(std::vector<Json> lines) {
  for (Json& line : lines) {
    line.erase("seconds");
    line.erase("samples_per_second");
  }
  return lines;
}

/// `base` and `more` together; a flag with a value that both have keeps the value of `more`.
inline Arguments overridden(Arguments base, const Arguments& more) {
  for (std::size_t i = 0; i < more.size(); ++i) {
    const auto flag = std::find(base.begin(), base.end(), more[i]);
    if (flag != base.end() && more[i].starts_with("--"))
      *(flag + 1) = more[++i];
    else
      base.push_back(more[i]);
  }
  return base;
}

/// Data sets of blobs and of a plane, once for each suite, and a folder for the runs of each test.
class TrainRuns : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryDirectory>();
    write_blobs(*folder_ / "train.h5", 211);
    write_blobs(*folder_ / "test.h5", 53, 1);
    write_plane(*folder_ / "plane.h5", 97);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::string in_folder(const std::string& name) { return *folder_ / name; }
  [[nodiscard]] std::string run_path() const { return runs_ / "run"; }

  /// A run of a few epochs on the blobs, and more flags.
  [[nodiscard]] Arguments train(const Arguments& more = {}, const std::string& run = "run") const {
    Arguments arguments{"train",
                        "--train",
                        in_folder("train.h5"),
                        "--test",
                        in_folder("test.h5"),
                        "--run",
                        runs_ / run,
                        "--hidden",
                        "11",
                        "--epochs",
                        "5",
                        "--batch-size",
                        "37",
                        "--threads",
                        "1"};
    return overridden(std::move(arguments), more);
  }

  [[nodiscard]] Json summary(const std::string& run = "run") const {
    return Json::parse(text_of(runs_ / (run + "/summary.json")));
  }

  /// Steps are slow enough that what happens after the first epoch comes long before the end.
  [[nodiscard]] Arguments train_slowly(const std::string& run = "run", const Arguments& more = {}) const {
    return overridden(train({"--hidden", "401,401", "--epochs", "120", "--validation", "31", "--dropout", "0.1"}, run),
                      more);
  }

  /// Waits until the run of `command` has written so many lines of metrics, or has ended.
  void await_epochs(Command& command, std::size_t epochs) const {
    const auto written = [&] {
      const std::string lines = text_of(run_path() + "/metrics.jsonl");
      return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
    };
    while (!command.ended() && written() < epochs) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }

  TemporaryDirectory runs_;

 private:
  inline static std::unique_ptr<TemporaryDirectory> folder_;
};

}  // namespace lockstep::test
