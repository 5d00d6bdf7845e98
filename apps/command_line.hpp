// SPDX-License-Identifier: MIT
// Understanding the command line, and saying in one sentence what was not understood.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/cli_forward.hpp"
#include "apps/console.hpp"

namespace lockstep {

/// The root of all subcommands, with our help style, `--help` and `--version`.
[[nodiscard]] std::unique_ptr<CLI::App> make_root_command();

/// Do these arguments ask for JSON, whatever else is wrong with them?
[[nodiscard]] bool asks_for_json(const std::vector<std::string>& arguments);

/// Parses `arguments` (without the program's name) and runs the chosen subcommand's callback.
/// Returns false when help or version was printed instead. Throws RequestError with every unknown flag and the nearest
/// known.
[[nodiscard]] bool parse_command_line(CLI::App& root, std::vector<std::string> arguments, Console& console);

}  // namespace lockstep
