// SPDX-License-Identifier: MIT
// lockstep bench
#include "apps/bench_command.hpp"

namespace lockstep {

void add_bench_command(CLI::App& root, CommandContext& context) {
  CLI::App* bench =
      root.add_subcommand("bench", "Measure how fast training is on this machine, and against its limits");
  bench->require_subcommand(1);
  bench->footer(
      "Examples:\n"
      "  lockstep bench step\n"
      "  mpirun -n 2 --bind-to none lockstep bench step --threads 1\n"
      "  mpirun -n 2 --bind-to none lockstep bench allreduce\n\n"
      "Exit status: 0 done; 2 the request is wrong; 1 any other fault.");
  add_bench_allreduce(*bench, context);
  add_bench_step(*bench, context);
}

}  // namespace lockstep
