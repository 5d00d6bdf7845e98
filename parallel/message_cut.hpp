// SPDX-License-Identifier: MIT
// How pieces of memory become messages between two ranks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace lockstep {

template <class PieceList>
[[nodiscard]] std::size_t total_bytes(const PieceList& pieces) {
  std::size_t total = 0;
  for (const auto& piece : pieces) total += piece.size();
  return total;
}

inline constexpr std::size_t short_piece_bytes = std::size_t{16} << 10;
inline constexpr std::size_t usual_message_bytes = std::size_t{128} << 10;
/// Of several pieces: the one that makes it as long as usual is a short one.
inline constexpr std::size_t longest_packed_bytes = usual_message_bytes + short_piece_bytes;
/// Of one piece, so that an int counts their bytes and requests stay few.
inline constexpr std::size_t most_messages = 128;

/// The messages that pieces of memory travel in: long pieces straight from and into their places, in messages short
/// enough for caches, which arrive, and count as progress, one by one; short pieces together, to be packed. Follows
/// from the lengths of the pieces, on which both sides agree.
template <class PieceList>
[[nodiscard]] std::vector<PieceList> messages_of(const PieceList& pieces) {
  std::vector<PieceList> messages;
  PieceList short_ones;
  std::size_t packed_bytes = 0;
  for (auto piece : pieces) {
    if (piece.size() >= short_piece_bytes) {
      const std::size_t longest = std::max(usual_message_bytes, (piece.size() + most_messages - 1) / most_messages);
      for (; !piece.empty(); piece = piece.subspan(std::min(longest, piece.size())))
        messages.push_back({piece.first(std::min(longest, piece.size()))});
    } else if (!piece.empty()) {
      short_ones.push_back(piece);
      packed_bytes += piece.size();
      if (packed_bytes < usual_message_bytes) continue;
      messages.push_back(std::exchange(short_ones, {}));
      packed_bytes = 0;
    }
  }
  if (!short_ones.empty()) messages.push_back(std::move(short_ones));
  return messages;
}

}  // namespace lockstep
