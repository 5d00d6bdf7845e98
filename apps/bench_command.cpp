// SPDX-License-Identifier: MIT
// lockstep bench
#include "apps/bench_command.hpp"

#include <cstdlib>

namespace lockstep {
namespace {

/// CLI11's own range lets nan pass.
CLI::Validator measuring_time() {
  return {[](const std::string& text) {
            const double seconds = std::strtod(text.c_str(), nullptr);
            return seconds >= 0.001 && seconds <= 3600 ? std::string{} : text + " is not in range 0.001 to 3600";
          },
          "", ""};
}

}  // namespace

void add_bench_flags(CLI::App& command, BenchFlags& flags, const std::string& measured) {
  command.add_option("--threads", flags.threads, "Worker threads of each rank; 0: the cores it may use")
      ->type_name("COUNT")
      ->check(CLI::Range(Index{0}, Index{4096}))
      ->capture_default_str();
  command.add_option("--seconds", flags.seconds, measured)
      ->type_name("SECONDS")
      ->check(measuring_time())
      ->capture_default_str();
  add_json_flag(command, flags.json);
}

void add_bench_command(CLI::App& root, CommandContext& context) {
  CLI::App* bench =
      root.add_subcommand("bench", "Measure how fast training is on this machine, and against its limits");
  bench->require_subcommand(1);
  bench->footer(
      "Examples:\n"
      "  lockstep bench step\n"
      "  mpirun -n 2 --bind-to none lockstep bench step --threads 1\n"
      "  mpirun -n 2 --bind-to none lockstep bench allreduce\n"
      "  lockstep bench input\n\n" +
      std::string{bench_exit_statuses});
  add_bench_allreduce(*bench, context);
  add_bench_input(*bench, context);
  add_bench_step(*bench, context);
}

}  // namespace lockstep
