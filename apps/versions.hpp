// SPDX-License-Identifier: MIT
// What this program was made of, and that all ranks are made of the same.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/instruction_set.hpp"
#include "core/precision.hpp"
#include "parallel/mpi_environment.hpp"

namespace lockstep {

/// Names and values, in the order to be shown.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// Names and versions of this program, its compiler and its libraries, and the instruction set it was compiled for.
[[nodiscard]] Facts build_facts();

/// All that the bits of a result depend on besides data, settings and seed: build_facts, what matrix products really
/// use (which settles it), and MPI.
[[nodiscard]] Facts versions(const MpiEnvironment& mpi);

/// One rank's host and facts.
struct RankFacts {
  std::string host;
  Facts facts;
};

/// A sentence for each fact in which ranks differ from rank 0, naming ranks, hosts and both values.
[[nodiscard]] std::vector<std::string> differences(std::span<const RankFacts> ranks);

/// Throws AgreedError, with these differences, unless all ranks have the same facts. Returns each rank's host.
/// Collective.
std::vector<std::string> require_same_facts(Communicator& communicator, const Facts& mine);

/// What matrix products of `precision` use from here on: `wanted`, or the best of this processor. Throws AgreedError
/// when a rank has it not, or ranks would differ. Nothing where Eigen multiplies floats. Collective.
[[nodiscard]] std::optional<InstructionSet> settled_instruction_set(std::optional<InstructionSet> wanted,
                                                                    Precision precision, Communicator& communicator);

/// "rank 2 (node7)", "ranks 2, 3 (node7)", "ranks 2 (node7), 4 (node8)".
[[nodiscard]] std::string ranks_and_hosts(std::span<const int> ranks, std::span<const std::string> hosts);

}  // namespace lockstep
