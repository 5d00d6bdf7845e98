// SPDX-License-Identifier: MIT
// Kills training runs at random instants, resumes them on random shapes, and compares what they come to with a run that
// nobody disturbed. `crash_rounds --help`.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "crash/rank_processes.hpp"
#include "support/command.hpp"
#include "support/temporary_directory.hpp"

namespace lockstep::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

constexpr const char* usage = R"(usage: crash_rounds [--kills N] [--seed S]

  --kills N   how often to kill (default 100)
  --seed S    decides whom, when and on which shapes (default 1)

Trains small networks, kills one rank or all of them by SIGKILL at random instants, resumes on 1 to 4 ranks of 1 to 3
threads until the run ends, and compares weights hash and metrics.jsonl with those of an undisturbed run. Exit status 0
when there was no difference.
)";

struct Options {
  int kills = 100;
  unsigned seed = 1;
};

/// Three kinds of run that together touch what a checkpoint holds.
struct Kind {
  std::string name;
  std::string data;
  Strings flags;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"adam, dropout, validation",
       "digits.h5",
       {"--hidden", "61,31", "--epochs", "6", "--batch-size", "53", "--dropout", "0.2", "--validation", "0.1"}},
      {"momentum, schedule, clipping",
       "digits.h5",
       {"--hidden", "67", "--epochs", "5", "--batch-size", "59", "--optimizer", "nesterov", "--schedule", "cosine",
        "--warmup", "7", "--clip-norm", "1", "--max-norm", "2"}},
      {"regression, early stopping",
       "plane.h5",
       {"--hidden", "37,29", "--epochs", "40", "--batch-size", "31", "--validation", "83", "--patience", "4",
        "--learning-rate", "0.02"}}};
  return all;
}

std::string text_of(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// What a finished run comes to: its hash, and the lines of metrics.jsonl without times.
struct Outcome {
  std::string hash;
  std::vector<Json> epochs;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome_of(const std::string& run) {
  Outcome outcome{.hash = Json::parse(text_of(run + "/summary.json")).at("weights_hash"), .epochs = {}};
  std::ifstream lines{run + "/metrics.jsonl"};
  for (std::string line; std::getline(lines, line);) {
    Json epoch = Json::parse(line);
    epoch.erase("seconds");
    epoch.erase("samples_per_second");
    outcome.epochs.push_back(std::move(epoch));
  }
  return outcome;
}

/// Why `got` is not what it should be, or "".
std::string difference(const Outcome& expected, const Outcome& got) {
  for (std::size_t i = 0; i < got.epochs.size(); ++i)
    if (got.epochs[i].at("epoch") != i + 1)
      return fmt::format("line {} of metrics.jsonl is epoch {}", i + 1, got.epochs[i].at("epoch").dump());
  if (got.epochs.size() != expected.epochs.size())
    return fmt::format("metrics.jsonl has {} epochs, not {}", got.epochs.size(), expected.epochs.size());
  if (got.hash != expected.hash) return fmt::format("weights hash {} instead of {}", got.hash, expected.hash);
  return got == expected ? "" : "metrics differ";
}

struct Tally {
  int kills = 0;
  int of_one = 0;
  int in_write = 0;  ///< a checkpoint that was being written was left behind
  int runs = 0;
  int differences = 0;
};

class Rounds {
 public:
  explicit Rounds(const Options& options) : options_{options}, random_{options.seed} {
    make_data("digits", "digits.h5", 601);
    make_data("line", "plane.h5", 499);
    for (const Kind& kind : kinds()) {
      const auto start = std::chrono::steady_clock::now();
      require_done(run_command(train(kind, "reference-" + kind.name, {.ranks = 1, .threads = 1})));
      seconds_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
      references_.push_back(outcome_of(folder_ / ("reference-" + kind.name)));
    }
    tallies_.resize(kinds().size());
  }

  /// Returns the exit status.
  int run() {
    for (std::size_t attempts = 0; kills_ < options_.kills; ++attempts) go_on(attempts % kinds().size());
    for (std::size_t kind = 0; kind < kinds().size(); ++kind) go_on(kind);  // without a kill: to the end
    return report();
  }

 private:
  struct Shape {
    int ranks = 1;
    int threads = 1;
  };

  void make_data(const char* name, const char* file, int samples) {
    require_done(run_lockstep({"data", "make", name, folder_ / file, "--samples", std::to_string(samples)}));
  }

  static void require_done(const CommandResult& result) {
    if (result.status == 0) return;
    std::fputs(result.err.c_str(), stderr);
    throw std::runtime_error{fmt::format("lockstep ended with status {}", result.status)};
  }

  [[nodiscard]] Strings train(const Kind& kind, const std::string& run, Shape shape) {
    Strings arguments{"train",
                      "--train",
                      folder_ / kind.data,
                      "--run",
                      folder_ / run,
                      "--threads",
                      std::to_string(shape.threads),
                      "--checkpoint-every",
                      std::to_string(below(3) + 1)};
    arguments.insert(arguments.end(), kind.flags.begin(), kind.flags.end());
    return shape.ranks == 1 ? lockstep_command(arguments) : mpirun_command(shape.ranks, arguments);
  }

  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }

  /// One more attempt at the run of this kind that is under way; compares when it has come to its end.
  void go_on(std::size_t kind) {
    const std::string run = fmt::format("{}-{}", kind, tallies_[kind].runs);
    if (!attempt(kind, run)) return;
    Tally& tally = tallies_[kind];
    ++tally.runs;
    const std::string found = difference(references_[kind], outcome_of(folder_ / run));
    if (!found.empty()) {
      ++tally.differences;
      std::printf("DIFFERENT: %s: %s\n", kinds()[kind].name.c_str(), found.c_str());
    }
    fs::remove_all(folder_ / run);
  }

  /// True when the run has come to its end.
  bool attempt(std::size_t kind, const std::string& run) {
    const Shape shape{.ranks = below(4) + 1, .threads = below(3) + 1};
    Command command{train(kinds()[kind], run, shape)};
    const bool last = kills_ >= options_.kills;
    if (!last) {
      wait_for_ranks(command, shape.ranks);
      const double longest = 1.2 * seconds_[kind];
      std::this_thread::sleep_for(std::chrono::duration<double>(longest * below(1000) / 1000));
      if (!command.ended()) kill_some(command, shape, kind, run);
    }
    const CommandResult result = command.wait();
    if (result.status == 0) return true;
    if (last) require_done(result);
    return false;
  }

  static void wait_for_ranks(Command& command, int ranks) {
    if (ranks == 1) return;
    while (!command.ended() && rank_processes(command.process()).size() < static_cast<std::size_t>(ranks))
      std::this_thread::sleep_for(5ms);
  }

  void kill_some(Command& command, Shape shape, std::size_t kind, const std::string& run) {
    Tally& tally = tallies_[kind];
    const bool one = shape.ranks > 1 && below(2) == 0;
    const std::map<int, pid_t> ranks = rank_processes(command.process());
    if (one) {
      const auto victim = ranks.find(below(shape.ranks));
      if (victim == ranks.end()) return;  // it has just ended by itself
      ::kill(victim->second, SIGKILL);
    } else {
      command.send(SIGKILL);
      for (const auto& rank : ranks) ::kill(rank.second, SIGKILL);
    }
    for (const auto& rank : ranks)
      while (lives(rank.second)) std::this_thread::sleep_for(5ms);
    (void)command.wait();
    ++kills_;
    ++tally.kills;
    tally.of_one += one ? 1 : 0;
    const bool in_write = left_half_a_checkpoint(run);
    tally.in_write += in_write ? 1 : 0;
    std::printf("%4d/%d  %-30s %d rank%s x %d thread%s, %s%s\n", kills_, options_.kills, kinds()[kind].name.c_str(),
                shape.ranks, shape.ranks == 1 ? " " : "s", shape.threads, shape.threads == 1 ? " " : "s",
                one ? "one killed" : "all killed", in_write ? ", inside a checkpoint write" : "");
    std::fflush(stdout);
  }

  [[nodiscard]] bool left_half_a_checkpoint(const std::string& run) const {
    const fs::path checkpoints = fs::path{folder_ / run} / "checkpoints";
    if (!fs::exists(checkpoints)) return false;
    return std::any_of(fs::directory_iterator{checkpoints}, fs::directory_iterator{},
                       [](const fs::directory_entry& entry) { return entry.path().extension() == ".lockstep-tmp"; });
  }

  int report() const {
    Tally all;
    std::printf("\n%-30s %6s %9s %9s %10s %12s\n", "", "kills", "of these", "inside", "runs", "differences");
    std::printf("%-30s %6s %9s %9s %10s %12s\n", "run", "", "one rank", "a write", "finished", "");
    const auto row = [](const std::string& name, const Tally& tally) {
      std::printf("%-30s %6d %9d %9d %10d %12d\n", name.c_str(), tally.kills, tally.of_one, tally.in_write, tally.runs,
                  tally.differences);
    };
    for (std::size_t kind = 0; kind < tallies_.size(); ++kind) {
      const Tally& tally = tallies_[kind];
      row(kinds()[kind].name, tally);
      all = {.kills = all.kills + tally.kills,
             .of_one = all.of_one + tally.of_one,
             .in_write = all.in_write + tally.in_write,
             .runs = all.runs + tally.runs,
             .differences = all.differences + tally.differences};
    }
    row("all", all);
    return all.differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  }

  Options options_;
  std::mt19937 random_;
  TemporaryDirectory folder_;
  std::vector<Outcome> references_;  ///< by kind, as are the next two
  std::vector<double> seconds_;
  std::vector<Tally> tallies_;
  int kills_ = 0;
};

bool understood(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return false;
    if (std::strcmp(argv[i], "--kills") == 0)
      options.kills = std::atoi(argv[i + 1]);
    else if (std::strcmp(argv[i], "--seed") == 0)
      options.seed = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
    else
      return false;
  }
  return true;
}

}  // namespace
}  // namespace lockstep::test

int main(int argc, char** argv) {
  lockstep::test::Options options;
  if (!lockstep::test::understood(argc, argv, options)) {
    std::fputs(lockstep::test::usage, stderr);
    return 2;
  }
  try {
    return lockstep::test::Rounds{options}.run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "crash_rounds: %s\n", failure.what());
    return EXIT_FAILURE;
  }
}
