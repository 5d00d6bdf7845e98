// SPDX-License-Identifier: MIT
// The seam between ranks: moves numbers, knows no training words.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace lockstep {

/// A message as the pieces of memory that make it up, in order; sender and receiver may cut it differently.
using ConstPieces = std::vector<std::span<const std::byte>>;
using Pieces = std::vector<std::span<std::byte>>;

/// A run of numbers as the bytes that travel.
template <class Number>
[[nodiscard]] std::span<const std::byte> bytes_of(const Number* first, Index count) {
  return std::as_bytes(std::span<const Number>{first, static_cast<std::size_t>(count)});
}
template <class Number>
[[nodiscard]] std::span<std::byte> writable_bytes_of(Number* first, Index count) {
  return std::as_writable_bytes(std::span<Number>{first, static_cast<std::size_t>(count)});
}

/// An exchange under way. The memory given to it must live, and what is sent stay unchanged, until `wait` returns.
class Transfer {
 public:
  virtual ~Transfer() = default;
  /// True when it is complete; lets it progress.
  [[nodiscard]] virtual bool test() = 0;
  /// Returns when it is complete.
  virtual void wait() = 0;
};

/// All calls are collective (every rank makes the same calls in the same order) and made by one thread of each rank.
/// Throws Error when the transport fails. Destructors never communicate.
class Communicator {
 public:
  virtual ~Communicator() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int ranks() const = 0;

  /// Rank r's message `send[q]` arrives in rank q's `receive[r]`; their lengths agree, and may be zero.
  [[nodiscard]] virtual std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send,
                                                             std::span<const Pieces> receive) = 0;

  /// Rank r's `parts[r]` becomes every rank's `parts[r]`, in place.
  [[nodiscard]] virtual std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts) = 0;
};

/// One rank alone.
class SerialCommunicator final : public Communicator {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int ranks() const override { return 1; }
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send,
                                                     std::span<const Pieces> receive) override;
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts) override;
};

/// Copies the bytes of one message into the pieces of another of the same length.
void copy_pieces(const ConstPieces& from, const Pieces& to);

}  // namespace lockstep
