// SPDX-License-Identifier: MIT
// The communicator of one rank alone.
#include "parallel/communicator.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace lockstep {
namespace {

class Complete final : public Transfer {
 public:
  [[nodiscard]] bool test() override { return true; }
  void wait() override {}
};

}  // namespace

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
                                                         std::span<const Pieces> receive) {
  assert(send.size() == 1 && receive.size() == 1);
  copy_pieces(send[0], receive[0]);
  return std::make_unique<Complete>();
}

std::unique_ptr<Transfer> SerialCommunicator::all_gather(std::span<const Pieces> parts) {
  assert(parts.size() == 1);
  (void)parts;
  return std::make_unique<Complete>();
}

}  // namespace lockstep
