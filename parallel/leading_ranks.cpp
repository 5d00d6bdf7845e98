// SPDX-License-Identifier: MIT
// Messages for some, and none for the rest.
#include "parallel/leading_ranks.hpp"

namespace lockstep {

std::unique_ptr<Transfer> LeadingRanks::all_to_all(std::span<const ConstPieces> send, std::span<const Pieces> receive,
                                                   Lane lane) {
  std::vector<ConstPieces> to(send.begin(), send.end());
  std::vector<Pieces> from(receive.begin(), receive.end());
  to.resize(static_cast<std::size_t>(all_.ranks()));
  from.resize(static_cast<std::size_t>(all_.ranks()));
  return all_.all_to_all(to, from, lane);
}

std::unique_ptr<Transfer> LeadingRanks::all_gather(std::span<const Pieces> parts, Lane lane) {
  const auto own = static_cast<std::size_t>(rank());
  std::vector<ConstPieces> send(parts.size(), ConstPieces(parts[own].begin(), parts[own].end()));
  std::vector<Pieces> receive(parts.begin(), parts.end());
  send[own].clear();  // it lies in its place
  receive[own].clear();
  return all_to_all(send, receive, lane);
}

}  // namespace lockstep
