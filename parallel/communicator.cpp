// SPDX-License-Identifier: MIT
// The communicator of one rank alone, and what is said of missing ranks.
#include "parallel/communicator.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace lockstep {
namespace {

class Complete final : public Transfer {
 public:
  [[nodiscard]] bool test() override { return true; }
  void wait(const std::function<void()>& /*meanwhile*/) override {}
};

std::string message_of(const std::vector<int>& ranks, MissingRanksError::Sign sign, double seconds) {
  const bool one = ranks.size() == 1;
  const std::string who = fmt::format("{} {}", one ? "rank" : "ranks", fmt::join(ranks, ", "));
  if (sign == MissingRanksError::Sign::silent)
    return fmt::format("{} did not arrive and gave no sign of life for {:g} s", who, seconds);
  return fmt::format("{} did not arrive: {} alive, but for {:.0f} s waiting for something else", who,
                     one ? "it is" : "they are", seconds);
}

}  // namespace

MissingRanksError::MissingRanksError(std::vector<int> ranks, Sign sign, double seconds)
    : Error{message_of(ranks, sign, seconds)}, ranks_{std::move(ranks)} {}

MissingRanksError::MissingRanksError(const MissingRanksError& other, const std::string& message)
    : Error{message}, ranks_{other.ranks_}, placed_{true} {}

MissingRanksError MissingRanksError::at(const std::string& place) const {
  return {*this, fmt::format("{}{} {}", what(), placed_ ? "," : ":", place)};
}

void copy_pieces(const ConstPieces& from, const Pieces& to) {
  std::size_t to_piece = 0;
  std::size_t to_offset = 0;
  for (std::span<const std::byte> source : from) {
    while (!source.empty()) {
      assert(to_piece < to.size());
      const std::size_t bytes = std::min(source.size(), to[to_piece].size() - to_offset);
      if (bytes > 0) std::memcpy(to[to_piece].data() + to_offset, source.data(), bytes);
      source = source.subspan(bytes);
      to_offset += bytes;
      if (to_offset == to[to_piece].size()) {
        ++to_piece;
        to_offset = 0;
      }
    }
  }
}

std::unique_ptr<Transfer> SerialCommunicator::all_to_all(std::span<const ConstPieces> send,
                                                         std::span<const Pieces> receive, Lane /*lane*/) {
  assert(send.size() == 1 && receive.size() == 1);
  copy_pieces(send[0], receive[0]);
  return std::make_unique<Complete>();
}

std::unique_ptr<Transfer> SerialCommunicator::all_gather(std::span<const Pieces> parts, Lane /*lane*/) {
  assert(parts.size() == 1);
  (void)parts;
  return std::make_unique<Complete>();
}

}  // namespace lockstep
