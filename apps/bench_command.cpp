// SPDX-License-Identifier: MIT
// lockstep bench
#include "apps/bench_command.hpp"

#include <cstdlib>

namespace lockstep {

CLI::Validator measuring_time() {
  return {[](const std::string& text) {
            const double seconds = std::strtod(text.c_str(), nullptr);
            return seconds >= 0.001 && seconds <= 3600 ? std::string{} : text + " is not in range 0.001 to 3600";
          },
          "", ""};
}

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
