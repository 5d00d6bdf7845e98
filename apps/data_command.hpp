// SPDX-License-Identifier: MIT
// What the subcommands of `lockstep data` share.
#pragma once

#include <functional>
#include <string>

#include "apps/agreement.hpp"
#include "apps/cli_forward.hpp"
#include "apps/command.hpp"
#include "io/dataset_output.hpp"

namespace lockstep {

void add_data_import(CLI::App& data, CommandContext& context);
void add_data_info(CLI::App& data, CommandContext& context);
void add_data_make(CLI::App& data, CommandContext& context);
void add_data_split(CLI::App& data, CommandContext& context);

/// What scripts may rely on, for --help.
inline constexpr const char* data_exit_statuses =
    "Exit status: 0 done; 2 the request is wrong, and nothing was written.";

/// For flags that take a seed: a whole number from 0.
[[nodiscard]] CLI::Validator seed_check();

/// The flags that say how an output file is written.
class OutputFlags {
 public:
  /// Adds --chunk, --gzip and --force.
  explicit OutputFlags(CLI::App& command);

  /// The output `path` with these flags. Throws RequestError.
  [[nodiscard]] DatasetOutput output(const std::string& path) const;

 private:
  Index chunk_samples_ = 0;
  int gzip_ = 0;
  bool force_ = false;
};

/// Calls work(progress) and shows how far it is. A signal ends it, and nothing half-written stays (see interruptible).
void with_progress(Console& console, const std::string& title, const std::function<void(const WorkProgress&)>& work);

}  // namespace lockstep
