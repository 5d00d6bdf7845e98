// SPDX-License-Identifier: MIT
// lockstep bench
#include "apps/bench_command.hpp"

#include "apps/placement.hpp"

namespace lockstep {

int bench_threads(Index threads, CommandContext& context) {
  Communicator& world = context.mpi.world();
  const std::vector<Placement> placements = gather_placements(world);
  for (const std::string& warning : placement_warnings(placements, threads))
    context.console.note("warning: " + warning);
  return threads > 0 ? static_cast<int>(threads) : fair_threads(placements, static_cast<std::size_t>(world.rank()));
}

void add_bench_command(CLI::App& root, CommandContext& context) {
  CLI::App* bench =
      root.add_subcommand("bench", "Measure how fast training is on this machine, and against its limits");
  bench->require_subcommand(1);
  bench->footer(
      "Examples:\n"
      "  lockstep bench step\n"
      "  mpirun -n 2 --bind-to none lockstep bench step --threads 1\n\n"
      "Exit status: 0 done; 2 the request is wrong; 1 any other fault.");
  add_bench_step(*bench, context);
}

}  // namespace lockstep
