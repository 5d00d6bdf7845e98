// SPDX-License-Identifier: MIT
// lockstep bench
#include "apps/bench_command.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdlib>
#include <string>
#include <vector>

#include "apps/agreement.hpp"

namespace lockstep {

CLI::Validator number_in(double least, double most) {
  const std::string range = fmt::format("in [{:g} - {:g}]", least, most);
  return {[least, most, range](const std::string& text) {
            const double number = std::strtod(text.c_str(), nullptr);
            return number >= least && number <= most ? std::string{} : fmt::format("{} is not {}", text, range);
          },
          "", ""};
}

std::vector<Index> network_sizes(std::string_view text) {
  std::vector<Index> sizes;
  while (true) {
    Index size = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (failure != std::errc{} || size < 1 || size > (Index{1} << 24)) return {};
    sizes.push_back(size);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return sizes.size() > 1 ? sizes : std::vector<Index>{};
    if (text.front() != '-') return {};
    text.remove_prefix(1);
  }
}

std::string no_network(const std::string& text) {
  return fmt::format("--net '{}' is not a network; say inputs, hidden units and classes, such as 784-512-512-10", text);
}

void add_bench_flags(CLI::App& command, BenchFlags& flags, const std::string& measured) {
  command.add_option("--threads", flags.threads, "Worker threads of each rank; 0: the cores it may use")
      ->type_name("COUNT")
      ->check(CLI::Range(Index{0}, Index{4096}))
      ->capture_default_str();
  command.add_option("--seconds", flags.seconds, measured)
      ->type_name("SECONDS")
      ->check(number_in(0.001, 3600))
      ->capture_default_str();
  add_json_flag(command, flags.json);
}

void add_ranks_per_host(CLI::App& command, int& ranks_per_host) {
  command
      .add_option("--ranks-per-host", ranks_per_host,
                  "Exchange as if so many ranks at a time shared a host: among these first; 1: all with all, directly. "
                  "Without it: as they lie")
      ->type_name("COUNT")
      ->check(CLI::Range(1, 1 << 20));
}

Communicator& ranks_in_hosts(CommandContext& context, int ranks_per_host) {
  if (ranks_per_host == 0) return context.mpi.world();
  std::vector<std::string> found;
  const int ranks = context.mpi.world().ranks();
  if (ranks % ranks_per_host != 0)
    found.push_back(fmt::format("--ranks-per-host is {}, but {} ranks are no multiple of it", ranks_per_host, ranks));
  agree_on_problems(context.mpi.world(), found);
  return context.mpi.by_hosts(ranks_per_host);
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
      "  lockstep bench input\n"
      "  mpirun -n 2 --bind-to none lockstep bench scaling --threads 1\n\n" +
      std::string{bench_exit_statuses});
  add_bench_allreduce(*bench, context);
  add_bench_input(*bench, context);
  add_bench_scaling(*bench, context);
  add_bench_step(*bench, context);
}

}  // namespace lockstep
