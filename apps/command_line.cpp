// SPDX-License-Identifier: MIT
// CLI11 does the parsing; its errors are turned into ours.
#include "apps/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/command.hpp"
#include "apps/help_formatter.hpp"
#include "apps/terminal.hpp"
#include "core/error.hpp"
#include "core/names.hpp"
#include "core/settings.hpp"

namespace lockstep {
namespace {

/// The subcommand of a subcommand that was reached.
const CLI::App& deepest(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return *app;
}

/// "lockstep data import".
std::string full_name(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : full_name(*app.get_parent()) + " " + app.get_name();
}

std::string see_help(const CLI::App& app) { return fmt::format("see '{} --help'", full_name(app)); }

std::string suggestion(std::string_view nearest, const CLI::App& app) {
  return nearest.empty() ? see_help(app) : fmt::format("did you mean '{}'?", nearest);
}

std::string unknown_flag(const CLI::App& app, const std::string& given) {
  const std::string flag = given.substr(0, given.find('='));
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  const std::vector<std::string_view> known(names.begin(), names.end());
  return fmt::format("unknown flag {} for '{}'; {}", flag, full_name(app), suggestion(nearest_name(flag, known), app));
}

std::string unknown_word(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(subcommand->get_name());
  if (names.empty()) return fmt::format("'{}' takes no further argument '{}'; {}", full_name(app), word, see_help(app));
  const std::vector<std::string_view> known(names.begin(), names.end());
  return fmt::format("unknown command '{}' of '{}'; {}", word, full_name(app),
                     suggestion(nearest_name(word, known), app));
}

/// What was not understood: a command that there is not, whose flags nobody knows; else every unknown flag; or else the
/// first word too many.
std::vector<std::string> unknown_arguments(const CLI::App& root) {
  const CLI::App& app = deepest(root);
  const std::vector<std::string> left = root.remaining(true);
  const bool wants_command = !app.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (wants_command && !left.empty() && !left.front().starts_with('-')) return {unknown_word(app, left.front())};
  std::vector<std::string> problems;
  for (const std::string& argument : left)
    if (argument.size() > 1 && argument.front() == '-') problems.push_back(unknown_flag(app, argument));
  if (problems.empty() && !left.empty()) problems.push_back(unknown_word(app, left.front()));
  return problems;
}

/// CLI11 gives a flag that needs a value whatever follows it. Throws when that is another flag, or nothing: settings
/// judge themselves what an empty text means (no hidden layers, for one).
void require_values(const CLI::App& app) {
  std::vector<std::string> problems;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty() && !option->get_lnames().empty() && find_setting(option->get_lnames().front()) == nullptr)
        problems.push_back(fmt::format("{} has an empty value (\"\"); give one, or leave the flag out; {}",
                                       option->get_name(), see_help(app)));
      if (!value.starts_with("--") || app.get_option_no_throw(value) == nullptr) continue;
      problems.push_back(fmt::format("{} needs a value, and {} follows; {}", option->get_name(), value, see_help(app)));
    }
  }
  if (!problems.empty()) throw RequestError(problems);
}

[[noreturn]] void throw_request_error(const CLI::App& root, const CLI::ParseError& failure) {
  const CLI::App& app = deepest(root);
  require_values(app);
  if (std::vector<std::string> problems = unknown_arguments(root); !problems.empty()) throw RequestError(problems);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&failure) != nullptr) {
    const std::string what = failure.what();
    const std::string flag = what.substr(0, what.find(':'));
    if (const std::size_t received = what.find("but received "); received != std::string::npos) {
      const std::string times = what.substr(what.find_last_of(' ') + 1);
      throw RequestError(fmt::format("{} is given {} times; give it once", flag, times));
    }
    throw RequestError(fmt::format("{} needs a value; {}", flag, see_help(app)));
  }
  if (dynamic_cast<const CLI::RequiredError*>(&failure) != nullptr) {
    const std::string what = failure.what();
    const bool command = what.find("subcommand") != std::string::npos;
    const std::string missing = command ? "the command" : what.substr(0, what.find(" is required"));
    throw RequestError(fmt::format("{} is missing after '{}'; {}", missing, full_name(app), see_help(app)));
  }
  throw RequestError(fmt::format("{}; {}", failure.what(), see_help(app)));
}

/// CLI11 takes "--flag=" for a flag whose value follows; here it is an empty value.
std::vector<std::string> with_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  for (const std::string& argument : arguments) {
    const bool empty_value =
        argument.size() > 3 && argument.starts_with("--") && argument.find('=') == argument.size() - 1;
    result.push_back(empty_value ? argument.substr(0, argument.size() - 1) : argument);
    if (empty_value) result.emplace_back();
  }
  return result;
}

}  // namespace

std::unique_ptr<CLI::App> make_root_command() {
  auto root = std::make_unique<CLI::App>(
      "Trains neural networks on every core of a workstation or a cluster.\n"
      "The same seed gives the same bits, whatever the number of ranks and threads.",
      "lockstep");
  root->formatter(std::make_shared<HelpFormatter>(output_columns()));
  root->require_subcommand(1);
  root->set_version_flag("--version", "lockstep " LOCKSTEP_VERSION, "Print the version and leave");
  root->set_help_flag("--help,-h", "Print this help and leave");
  root->footer(
      "Examples:\n"
      "  lockstep data make digits train.h5 --samples 20000 --seed 1\n"
      "  lockstep data make digits test.h5 --samples 2000 --seed 2\n"
      "  lockstep train --train train.h5 --test test.h5 --run runs/digits --hidden 300,100 --epochs 5\n"
      "  mpirun -n 2 lockstep train --train train.h5 --test test.h5 --run runs/digits-2\n"
      "  lockstep evaluate runs/digits test.h5\n"
      "  lockstep predict runs/digits test.h5 predictions.h5\n"
      "  lockstep doctor\n\n"
      "Exit status: 0 done; 2 the request is wrong (flags, settings, files), nothing was written;\n"
      "75 stopped by a signal after saving, run the same command again to go on; 1 any other fault.\n"
      "With --json a failure is an object on standard output, too, besides its sentences on standard error.");
  return root;
}

void add_json_flag(CLI::App& command, bool& wanted) {
  command.add_flag("--json", wanted,
                   "Print one machine-readable object on standard output; upon failure that is "
                   "{\"error\": [sentences], \"exit_status\": number}");
}

bool asks_for_json(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const std::string& each) { return each == "--json" || each == "--json=true"; });
}

bool parse_command_line(CLI::App& root, std::vector<std::string> arguments, Console& console) {
  arguments = with_empty_values(arguments);
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    root.parse(arguments);
  } catch (const CLI::CallForVersion& version) {
    console.out(version.what());
    return false;
  } catch (const CLI::CallForHelp&) {
    console.out(root.help());
    return false;
  } catch (const CLI::ParseError& failure) {
    throw_request_error(root, failure);
  }
  require_values(deepest(root));
  return true;
}

}  // namespace lockstep
