// SPDX-License-Identifier: MIT
// Whether all ranks still hold the same parameters.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/parameter_layout.hpp"
#include "parallel/communicator.hpp"
#include "parallel/workers.hpp"

namespace lockstep {

/// The parameters of some ranks were not those of the others: a fault of a host's memory, processor or network, for
/// every step gives all ranks the same bits. Every rank throws the same.
class ReplicaError : public Error {
 public:
  ReplicaError(std::uint64_t step, std::string block, std::vector<int> ranks, int all_ranks);
  [[nodiscard]] std::uint64_t step() const noexcept { return step_; }
  /// The first parameter block that differs.
  [[nodiscard]] const std::string& block() const noexcept { return block_; }
  /// Those whose values differ from those of the most; all that hold it, when no values have a majority.
  [[nodiscard]] const std::vector<int>& ranks() const noexcept { return ranks_; }

 private:
  std::uint64_t step_;
  std::string block_;
  std::vector<int> ranks_;
};

/// Compares a hash (64 bits) of every parameter block across ranks; one rank alone does nothing. `step` is for
/// the error. Reads the parameters once, and sends 8 bytes a block. Throws ReplicaError. Collective.
void require_same_parameters(const ParameterLayout& layout, std::span<const Scalar> parameters, std::uint64_t step,
                             Communicator& communicator, Workers& workers);

}  // namespace lockstep
