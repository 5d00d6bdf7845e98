// SPDX-License-Identifier: MIT
// Which cores of which host each rank may use, and what follows from it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "apps/console.hpp"
#include "core/types.hpp"
#include "parallel/mpi_environment.hpp"

namespace lockstep {

/// Where one rank runs.
struct Placement {
  std::string host;
  std::vector<int> cores;           ///< that this rank may use, rising
  std::vector<int> launcher_cores;  ///< that mpirun on this host may use; empty when unknown

  friend bool operator==(const Placement&, const Placement&) = default;
};

/// Of this process, as the system knows it.
[[nodiscard]] std::string host_name();

[[nodiscard]] Placement own_placement();

/// Every rank's, by rank. Collective.
[[nodiscard]] std::vector<Placement> gather_placements(Communicator& communicator);

/// Threads that rank `rank` runs when the user does not say: its cores, shared evenly with the ranks that may use the
/// same ones; at least one.
[[nodiscard]] int fair_threads(std::span<const Placement> placements, std::size_t rank);

/// What slows this placement down, a sentence each: more ranks or threads than cores, cores that no rank may use.
/// `threads` a rank; 0: fair_threads.
[[nodiscard]] std::vector<std::string> placement_warnings(std::span<const Placement> placements, Index threads);

/// True when all threads of rank `rank`'s host have a core each. `threads` a rank; 0: fair_threads.
[[nodiscard]] bool threads_have_cores(std::span<const Placement> placements, std::size_t rank, Index threads);

/// Threads of this rank: `wanted`, or its fair share when that is 0; how it waits for other ranks follows from it.
/// Warns of what slows the placement down. `placements` are all ranks'.
[[nodiscard]] int settled_threads(std::span<const Placement> placements, Index wanted, MpiEnvironment& mpi,
                                  Console& console);

/// "0-3,8".
[[nodiscard]] std::string core_list(std::span<const int> cores);

}  // namespace lockstep
