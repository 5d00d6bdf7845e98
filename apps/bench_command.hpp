// SPDX-License-Identifier: MIT
// The benchmarks: each answers one question about this machine.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/cli_forward.hpp"
#include "apps/command.hpp"
#include "core/types.hpp"

namespace lockstep {

inline constexpr const char* bench_exit_statuses = "Exit status: 0 done; 2 the request is wrong; 1 any other fault.";

/// What every benchmark can be told.
struct BenchFlags {
  Index threads = 0;   ///< of each rank; 0: the cores it may use
  double seconds = 2;  ///< of measuring for each case
  bool json = false;
};

/// Checks a number that is not nan, which CLI11's own range lets pass.
[[nodiscard]] CLI::Validator number_in(double least, double most);

/// Adds --threads, --seconds and --json; `measured` says what the seconds are spent on.
void add_bench_flags(CLI::App& command, BenchFlags& flags, const std::string& measured);

/// Adds --ranks-per-host; 0 unless given.
void add_ranks_per_host(CLI::App& command, int& ranks_per_host);
/// All ranks, as if so many at a time shared a host; 0: as they are. Throws AgreedError when that does not come out
/// even. Collective.
[[nodiscard]] Communicator& ranks_in_hosts(CommandContext& context, int ranks_per_host);

/// "784-512-10" as sizes; empty when it is not that.
[[nodiscard]] std::vector<Index> network_sizes(std::string_view text);
/// The sentence for a --net that is none.
[[nodiscard]] std::string no_network(const std::string& text);

void add_bench_allreduce(CLI::App& bench, CommandContext& context);
void add_bench_input(CLI::App& bench, CommandContext& context);
void add_bench_scaling(CLI::App& bench, CommandContext& context);
void add_bench_step(CLI::App& bench, CommandContext& context);

}  // namespace lockstep
