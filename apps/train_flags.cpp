// SPDX-License-Identifier: MIT
// The file first, then the flags over it.
#include "apps/train_flags.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "apps/agreement.hpp"
#include "apps/command.hpp"
#include "apps/text_file.hpp"
#include "core/error.hpp"

namespace lockstep {
namespace {

constexpr std::size_t hash_digits = 32;

bool is_hash(const std::string& text) {
  return text.size() == hash_digits &&
         std::all_of(text.begin(), text.end(), [](unsigned char digit) { return std::isxdigit(digit) != 0; });
}

}  // namespace

TrainFlags::TrainFlags(CLI::App& command) {
  command.add_option("--config", config_path_, "Read settings and paths from a TOML file; flags override it")
      ->type_name("RUN.toml");
  add_path(command, "train", &RunRequest::train, "Training data, made by 'lockstep data'");
  add_path(command, "test", &RunRequest::test, "Test data: evaluated once, at the end");
  add_path(command, "run", &RunRequest::run, "Run directory: made, or continued when the same run began there");
  add_path(command, "init-from", &RunRequest::init_from, "Begin with the weights of a checkpoint or run directory");
  command
      .add_option("--expect-hash", expected_hash_,
                  "Fail, with status 1, unless the final weights have this hash (of an earlier run, say)")
      ->type_name("HEX");
  command
      .add_option("--profile", profile_,
                  "Record five steps, by worker and layer, as a trace for ui.perfetto.dev or chrome://tracing")
      ->type_name("TRACE.json");
  command.add_flag(
      "--check-gradients", check_gradients_,
      "Compare backpropagation with finite differences on this network and data (never in bf16), and leave");
  add_json_flag(command, json_);
  settings_ = std::make_unique<SettingFlags>(command);
  command.footer(
      "Every setting is also a key of RUN.toml: learning-rate = 0.01, hidden = [300, 100].\n"
      "The same command again continues an unfinished run; a finished one says so and changes nothing.\n\n"
      "Examples:\n"
      "  lockstep train --train train.h5 --test test.h5 --run runs/first\n"
      "  lockstep train --train train.h5 --run runs/linear --hidden= --optimizer sgd --learning-rate 0.01\n"
      "  mpirun -n 2 lockstep train --train train.h5 --run runs/two --validation 0.1 --patience 5\n"
      "  lockstep train --config runs/first/config.toml --run runs/again   repeats a run to the last bit\n"
      "  mpirun -n 2 lockstep train --train train.h5 --run runs/seen --steps 20 --profile trace.json\n\n"
      "Exit status: 0 done; 2 the request is wrong, nothing was written, or training diverged;\n"
      "75 stopped by SIGTERM, SIGINT, SIGUSR1 or SIGHUP after saving, the same command goes on; 1 any other fault.");
}

void TrainFlags::add_path(CLI::App& command, const std::string& name, std::string RunRequest::*member,
                          const std::string& help) {
  command.add_option("--" + name, given_paths_.*member, help)->type_name(name == "run" ? "DIR" : "PATH");
}

void read_settings_file(const std::string& path, Communicator& communicator, RunRequest& request,
                        std::vector<std::string>& problems, SectionTexts* extra) {
  // What rank 0 cannot read it says once, with all else that is wrong.
  std::string text;
  std::string unreadable;
  if (communicator.rank() == 0) {
    try {
      text = text_of_file(path);
    } catch (const RequestError& failure) {
      unreadable = failure.what();
    }
  }
  unreadable = text_of_first(communicator, unreadable);
  text = text_of_first(communicator, text);
  if (!unreadable.empty()) return problems.push_back(unreadable);
  try {
    parse_config(text, path, request, extra);
  } catch (const RequestError& failure) {
    problems.insert(problems.end(), failure.problems().begin(), failure.problems().end());
  }
}

RunRequest TrainFlags::understood(Communicator& communicator, std::vector<std::string>& problems) const {
  RunRequest request;
  if (!config_path_.empty()) read_settings_file(config_path_, communicator, request, problems);
  for (const auto member : {&RunRequest::train, &RunRequest::test, &RunRequest::run, &RunRequest::init_from})
    if (!(given_paths_.*member).empty()) request.*member = given_paths_.*member;
  settings_->apply(request.config, problems);
  if (request.train.empty())
    problems.emplace_back("no training data: give --train A.h5 (or train = \"A.h5\" in RUN.toml)");
  if (request.run.empty() && !check_gradients_)
    problems.emplace_back("no run directory: give --run DIR, where the results go (or run = \"DIR\" in RUN.toml)");
  if (!expected_hash_.empty() && !is_hash(expected_hash_))
    problems.push_back(fmt::format("--expect-hash '{}' is no hash; give the {} hexadecimal digits that train prints",
                                   expected_hash_, hash_digits));
  return request;
}

std::string TrainFlags::expected_hash() const {
  std::string hash = expected_hash_;
  std::transform(hash.begin(), hash.end(), hash.begin(), [](unsigned char digit) { return std::tolower(digit); });
  return hash;
}

}  // namespace lockstep
