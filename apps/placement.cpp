// SPDX-License-Identifier: MIT
// Affinity masks, told to all ranks.
#include "apps/placement.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/agreement.hpp"

namespace lockstep {
namespace {

/// Cores that a process may use; empty when it cannot be asked.
std::vector<int> cores_of(pid_t process) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(process, sizeof(mask), &mask) != 0) return {};
  std::vector<int> cores;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &mask)) cores.push_back(static_cast<int>(core));
  return cores;
}

/// What is known of one host.
struct HostCores {
  std::set<int> used;
  std::set<int> launcher;
  Index ranks = 0;
  Index threads = 0;
};

std::map<std::string, HostCores> by_host(std::span<const Placement> placements, Index threads) {
  std::map<std::string, HostCores> hosts;
  for (std::size_t rank = 0; rank < placements.size(); ++rank) {
    const Placement& placement = placements[rank];
    HostCores& host = hosts[placement.host];
    host.used.insert(placement.cores.begin(), placement.cores.end());
    host.launcher.insert(placement.launcher_cores.begin(), placement.launcher_cores.end());
    ++host.ranks;
    host.threads += threads > 0 ? threads : fair_threads(placements, rank);
  }
  return hosts;
}

std::string right_lines(Index ranks, std::size_t cores) {
  return fmt::format(
      "start it as 'mpirun -n {0} --bind-to none lockstep ...' or 'srun --mpi=pmix --ntasks={0} --cpus-per-task={1} "
      "lockstep ...'",
      ranks, std::max<std::size_t>(1, cores / static_cast<std::size_t>(ranks)));
}

}  // namespace

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : std::string{"this host"};
}

Placement own_placement() {
  const bool started_by_mpirun = std::getenv("OMPI_COMM_WORLD_RANK") != nullptr;
  return {.host = host_name(),
          .cores = cores_of(0),
          .launcher_cores = started_by_mpirun ? cores_of(getppid()) : std::vector<int>{}};
}

std::vector<Placement> gather_placements(Communicator& communicator) {
  const Placement own = own_placement();
  const nlohmann::json mine{own.host, own.cores, own.launcher_cores};
  std::vector<Placement> placements;
  for (const std::string& text :
       gather_texts(communicator, mine.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace))) {
    const auto fields = nlohmann::json::parse(text);
    placements.push_back({.host = fields.at(0), .cores = fields.at(1), .launcher_cores = fields.at(2)});
  }
  return placements;
}

int fair_threads(std::span<const Placement> placements, std::size_t rank) {
  const Placement& own = placements[rank];
  const auto sharing = std::count_if(placements.begin(), placements.end(), [&](const Placement& other) {
    return other.host == own.host && other.cores == own.cores;
  });
  return std::max(1, static_cast<int>(own.cores.size()) / static_cast<int>(sharing));
}

std::vector<std::string> placement_warnings(std::span<const Placement> placements, Index threads) {
  std::vector<std::string> warnings;
  for (const auto& entry : by_host(placements, threads)) {
    const HostCores& host = entry.second;
    const std::size_t cores = std::max<std::size_t>(1, host.used.size());
    if (host.threads > static_cast<Index>(cores)) {
      warnings.push_back(fmt::format(
          "{} threads share {} core{} of {}: more threads than cores only slow each other down; use fewer ranks or "
          "threads",
          host.threads, cores, cores == 1 ? "" : "s", entry.first));
    }
    if (host.launcher.size() > host.used.size()) {
      warnings.push_back(fmt::format("mpirun bound {} rank{} to {} of {} cores of {}, the others stand idle; {}",
                                     host.ranks, host.ranks == 1 ? "" : "s", host.used.size(), host.launcher.size(),
                                     entry.first, right_lines(host.ranks, host.launcher.size())));
    }
  }
  return warnings;
}

bool threads_have_cores(std::span<const Placement> placements, std::size_t rank, Index threads) {
  const HostCores host = by_host(placements, threads).at(placements[rank].host);
  return host.threads <= static_cast<Index>(host.used.size());
}

int settled_threads(std::span<const Placement> placements, Index wanted, MpiEnvironment& mpi, Console& console) {
  for (const std::string& warning : placement_warnings(placements, wanted)) console.note("warning: " + warning);
  const auto rank = static_cast<std::size_t>(mpi.world().rank());
  mpi.keep_cores(threads_have_cores(placements, rank, wanted));
  return wanted > 0 ? static_cast<int>(wanted) : fair_threads(placements, rank);
}

std::string core_list(std::span<const int> cores) {
  std::string text;
  for (std::size_t first = 0; first < cores.size();) {
    std::size_t last = first;
    while (last + 1 < cores.size() && cores[last + 1] == cores[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += first == last ? fmt::format("{}", cores[first]) : fmt::format("{}-{}", cores[first], cores[last]);
    first = last + 1;
  }
  return text;
}

}  // namespace lockstep
