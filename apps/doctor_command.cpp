// SPDX-License-Identifier: MIT
// lockstep doctor: what this machine offers, and how to start on it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/command.hpp"
#include "apps/json_text.hpp"
#include "apps/placement.hpp"
#include "apps/table.hpp"
#include "apps/versions.hpp"

namespace lockstep {
namespace {

using Json = nlohmann::ordered_json;

/// Processor packages of this host; 1 where the system does not tell.
int sockets() {
  std::set<std::string> packages;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator{"/sys/devices/system/cpu", ignored}) {
    std::ifstream file{entry.path() / "topology/physical_package_id"};
    std::string package;
    if (file >> package) packages.insert(package);
  }
  return std::max(1, static_cast<int>(packages.size()));
}

struct StartLines {
  std::string alone;
  std::string mpirun;
  std::string srun;
};

/// One process a socket is best; on a single socket one process alone, and two ranks to try mpirun.
StartLines start_lines(int cores) {
  const int packages = sockets();
  const int ranks = std::max(2, packages);
  const std::string root = ::geteuid() == 0 ? "--allow-run-as-root " : "";
  const std::string binding = packages > 1 ? "--map-by ppr:1:socket --bind-to socket" : "--bind-to none";
  return {.alone = "lockstep train ...",
          .mpirun = fmt::format("mpirun {}-n {} {} lockstep train ...", root, ranks, binding),
          .srun = fmt::format(
              "srun --mpi=pmix --nodes=1 --ntasks-per-node={} --cpus-per-task={} --cpu-bind=cores lockstep train ...",
              packages, std::max(1, cores / packages))};
}

class DoctorCommand {
 public:
  DoctorCommand(CLI::App& command, CommandContext& context) : context_{context} {
    add_json_flag(command, json_);
    command.footer(
        "Examples:\n"
        "  lockstep doctor\n"
        "  mpirun -n 4 lockstep doctor     shows which cores each rank may use");
  }

  int run() const {
    if (json_) context_.console.reserve_output_for_json();
    const std::vector<Placement> placements = gather_placements(context_.mpi.world());
    const std::vector<std::string> warnings = placement_warnings(placements, 0);
    context_.console.out(text(placements, warnings));
    if (json_) context_.console.json(json_text(object(placements, warnings)));
    return exit_done;
  }

 private:
  [[nodiscard]] std::string text(const std::vector<Placement>& placements,
                                 const std::vector<std::string>& warnings) const {
    Table ranks;
    ranks.add({"rank", "host", "cores", "which", "threads"});
    for (std::size_t rank = 0; rank < placements.size(); ++rank) {
      const Placement& placement = placements[rank];
      ranks.add({fmt::format("{}", rank), placement.host, fmt::format("{}", placement.cores.size()),
                 core_list(placement.cores), fmt::format("{}", fair_threads(placements, rank))});
    }
    const StartLines lines = start_lines(host_cores(placements));
    std::string text = fmt::format(
        "{}\n\n{}\n\n{}", listing(versions(context_.mpi)), ranks.text(),
        listing({{"one process", lines.alone}, {"under mpirun", lines.mpirun}, {"under Slurm", lines.srun}}));
    text +=
        "\n\nThe weights hash depends on: data, settings, seed, the versions and instruction sets above; not on ranks "
        "or threads.\nWhere processors differ, build for the oldest (-DLOCKSTEP_ARCH=x86-64-v3, say) and give 'train "
        "--isa avx2'.";
    for (const std::string& warning : warnings) text += "\nwarning: " + warning;
    return text;
  }

  [[nodiscard]] Json object(const std::vector<Placement>& placements, const std::vector<std::string>& warnings) const {
    Json object;
    for (const auto& version : versions(context_.mpi)) object["versions"][version.first] = version.second;
    object["ranks"] = Json::array();
    for (std::size_t rank = 0; rank < placements.size(); ++rank)
      object["ranks"].push_back({{"rank", rank},
                                 {"host", placements[rank].host},
                                 {"cores", placements[rank].cores},
                                 {"threads", fair_threads(placements, rank)}});
    const StartLines lines = start_lines(host_cores(placements));
    object["mpirun"] = lines.mpirun;
    object["srun"] = lines.srun;
    object["warnings"] = warnings;
    return object;
  }

  /// Cores of rank 0's host that may be used.
  static int host_cores(const std::vector<Placement>& placements) {
    std::set<int> cores;
    for (const Placement& placement : placements) {
      if (placement.host != placements.front().host) continue;
      cores.insert(placement.cores.begin(), placement.cores.end());
      cores.insert(placement.launcher_cores.begin(), placement.launcher_cores.end());
    }
    return static_cast<int>(cores.size());
  }

  CommandContext& context_;
  bool json_ = false;
};

}  // namespace

void add_doctor_command(CLI::App& root, CommandContext& context) {
  CLI::App* command = root.add_subcommand("doctor", "Say what this machine offers and how to start here");
  const auto doctor = std::make_shared<DoctorCommand>(*command, context);
  command->callback([doctor, &context] { context.run = [doctor] { return doctor->run(); }; });
}

}  // namespace lockstep
