// SPDX-License-Identifier: MIT
// What the files of the subcommands share: each adds its flags and says what to run.
#pragma once

#include <functional>

#include "apps/cli_forward.hpp"
#include "apps/console.hpp"
#include "parallel/mpi_environment.hpp"

namespace lockstep {

/// Handed to each subcommand. The CLI11 callback of the chosen one sets `run`; main calls it once the whole command
/// line was understood, on every rank.
struct CommandContext {
  Console& console;
  MpiEnvironment& mpi;
  std::function<int()> run;  ///< returns the exit status
};

void add_bench_command(CLI::App& root, CommandContext& context);
void add_checkpoint_command(CLI::App& root, CommandContext& context);
void add_data_command(CLI::App& root, CommandContext& context);
void add_doctor_command(CLI::App& root, CommandContext& context);
void add_evaluate_command(CLI::App& root, CommandContext& context);
void add_predict_command(CLI::App& root, CommandContext& context);
void add_study_command(CLI::App& root, CommandContext& context);
void add_train_command(CLI::App& root, CommandContext& context);

/// Adds --json, which every command has that has something to tell.
void add_json_flag(CLI::App& command, bool& wanted);

/// Exit statuses that scripts may rely on.
inline constexpr int exit_done = 0;
inline constexpr int exit_fault = 1;
inline constexpr int exit_wrong_request = 2;
inline constexpr int exit_interrupted = 75;  ///< stopped by a signal after saving: run again to continue

}  // namespace lockstep
