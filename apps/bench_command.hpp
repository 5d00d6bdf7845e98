// SPDX-License-Identifier: MIT
// The benchmarks: each answers one question about this machine.
#pragma once

#include <CLI/CLI.hpp>

#include "apps/command.hpp"

namespace lockstep {

void add_bench_allreduce(CLI::App& bench, CommandContext& context);
/// Accepts 0.001 to 3600 seconds; CLI11's own range lets nan pass.
[[nodiscard]] CLI::Validator measuring_time();

void add_bench_step(CLI::App& bench, CommandContext& context);

}  // namespace lockstep
