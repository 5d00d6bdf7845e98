// SPDX-License-Identifier: MIT
// Hashes of parameter blocks, side by side.
#include "parallel/replica_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/network.hpp"

namespace lockstep {
namespace {

std::string message_of(std::uint64_t step, const std::string& block, const std::vector<int>& ranks, int all_ranks) {
  const bool known = ranks.size() < static_cast<std::size_t>(all_ranks);
  return fmt::format(
      "in step {}, the parameters {} of {} {} were not {}: the memory, the processor or the network of a host is at "
      "fault",
      step, block, ranks.size() == 1 ? "rank" : "ranks", fmt::join(ranks, ", "),
      known ? "those of the other ranks" : "the same");
}

/// The ranks that differ from more than half of all, or every rank when no value has that many; none when all agree.
std::vector<int> ranks_apart(std::span<const std::uint64_t> hashes) {
  std::vector<std::uint64_t> sorted{hashes.begin(), hashes.end()};
  std::ranges::sort(sorted);
  if (sorted.front() == sorted.back()) return {};
  const std::uint64_t middle = sorted[sorted.size() / 2];  // a majority would lie across the middle
  const bool majority = 2 * static_cast<std::size_t>(std::ranges::count(sorted, middle)) > sorted.size();
  std::vector<int> apart;
  for (std::size_t rank = 0; rank < hashes.size(); ++rank)
    if (!majority || hashes[rank] != middle) apart.push_back(static_cast<int>(rank));
  return apart;
}

}  // namespace

ReplicaError::ReplicaError(std::uint64_t step, std::string block, std::vector<int> ranks, int all_ranks)
    : Error{message_of(step, block, ranks, all_ranks)},
      step_{step},
      block_{std::move(block)},
      ranks_{std::move(ranks)} {}

void require_same_parameters(const ParameterLayout& layout, std::span<const Scalar> parameters, std::uint64_t step,
                             Communicator& communicator, Workers& workers) {
  const int ranks = communicator.ranks();
  if (ranks == 1) return;
  const std::vector<ParameterBlock>& blocks = layout.blocks();
  const auto count = static_cast<Index>(blocks.size());
  std::vector<std::vector<std::uint64_t>> hashes(static_cast<std::size_t>(ranks),
                                                 std::vector<std::uint64_t>(blocks.size()));
  workers.for_each(count, [&](Index block) {
    const auto b = static_cast<std::size_t>(block);
    hashes[static_cast<std::size_t>(communicator.rank())][b] = block_hash(blocks[b], parameters);
  });
  std::vector<Pieces> parts;
  for (std::vector<std::uint64_t>& of_rank : hashes) parts.push_back({writable_bytes_of(of_rank.data(), count)});
  communicator.all_gather(parts)->wait();

  std::vector<std::uint64_t> of_block(hashes.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    std::ranges::transform(hashes, of_block.begin(), [&](const auto& of_rank) { return of_rank[b]; });
    if (std::vector<int> apart = ranks_apart(of_block); !apart.empty())
      throw ReplicaError{step, blocks[b].name, std::move(apart), ranks};
  }
}

}  // namespace lockstep
