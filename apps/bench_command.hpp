// SPDX-License-Identifier: MIT
// The benchmarks: each answers one question about this machine.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/command.hpp"

namespace lockstep {

void add_bench_allreduce(CLI::App& bench, CommandContext& context);
void add_bench_step(CLI::App& bench, CommandContext& context);

}  // namespace lockstep
