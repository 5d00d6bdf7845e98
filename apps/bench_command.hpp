// SPDX-License-Identifier: MIT
// The benchmarks: each answers one question about this machine.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/command.hpp"

namespace lockstep {

void add_bench_step(CLI::App& bench, CommandContext& context);

/// The workers of a benchmark: `threads`, or this rank's fair share of its cores. Warns where the placement is slow.
/// Collective.
[[nodiscard]] int bench_threads(Index threads, CommandContext& context);

}  // namespace lockstep
