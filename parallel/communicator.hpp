// SPDX-License-Identifier: MIT
// The seam between ranks: moves numbers, knows no training words.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/types.hpp"

namespace lockstep {

/// A message as the pieces of memory that make it up, in order: as many and as long at the sender as at the receiver.
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

/// Ranks did not come to an exchange: dead, stopped, cut off, or in another exchange. Nobody can go on; end all ranks.
class MissingRanksError : public Error {
 public:
  /// How a missing rank was found out.
  enum class Sign {
    silent,    ///< no sign of life for `seconds`
    elsewhere  ///< alive, but has been waiting for something else for `seconds`: a fault of the program
  };
  MissingRanksError(std::vector<int> ranks, Sign sign, double seconds);

  [[nodiscard]] const std::vector<int>& ranks() const noexcept { return ranks_; }
  /// Whether the message tells a place.
  [[nodiscard]] bool placed() const noexcept { return placed_; }
  /// The same, with a place in the message behind those it has: "... for 60 s: gradients of 'hidden1', step 12".
  [[nodiscard]] MissingRanksError at(const std::string& place) const;

 private:
  MissingRanksError(const MissingRanksError& other, const std::string& message);

  std::vector<int> ranks_;
  bool placed_ = false;
};

/// Does `action`, and adds the place that `describe()` tells to a MissingRanksError that comes from it.
template <class Action, class Describe>
auto at_place(Action&& action, Describe&& describe) {
  try {
    return action();
  } catch (const MissingRanksError& missing) {
    throw missing.at(describe());
  }
}

/// An exchange under way. The memory given to it must live, and what is sent stay unchanged, until `wait` has returned
/// or `test` was true. One that is destroyed before, by an exception, is the end of communication: what remains is to
/// end.
class Transfer {
 public:
  virtual ~Transfer() = default;
  /// True when it is complete; lets it progress.
  [[nodiscard]] virtual bool test() = 0;
  /// Returns when it is complete; until then calls `meanwhile` now and then, which may start transfers and look after
  /// others, but not wait. Throws MissingRanksError.
  virtual void wait(const std::function<void()>& meanwhile) = 0;
  void wait() {
    wait([] {});
  }
};

/// Exchanges of one lane begin in the same order on all ranks; those of different lanes may pass each other, so that
/// what becomes ready at different times on different ranks can be sent at once.
enum class Lane {
  usual,
  gradients,   ///< partial sums on their way to the owners
  parameters,  ///< new values on their way from the owners
};
inline constexpr std::size_t lane_count = 3;

class Communicator;

/// The ranks as a table: rank host * places + place, as many places on each host.
struct HostGroups {
  Communicator& within;  ///< the ranks of this rank's host, by place
  Communicator& across;  ///< the ranks with this rank's place, by host
};

/// All calls are collective (every rank makes the same calls in the same order, in each lane) and made by one thread of
/// each rank. Throws Error when the transport fails. Destructors never communicate.
class Communicator {
 public:
  virtual ~Communicator() = default;
  [[nodiscard]] virtual int rank() const = 0;
  [[nodiscard]] virtual int ranks() const = 0;
  /// How the ranks lie on hosts, where what goes from host to host is worth gathering first; else null.
  [[nodiscard]] virtual const HostGroups* hosts() const { return nullptr; }

  /// Rank r's message `send[q]` arrives in rank q's `receive[r]`; it may be empty.
  [[nodiscard]] virtual std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send,
                                                             std::span<const Pieces> receive,
                                                             Lane lane = Lane::usual) = 0;

  /// Rank r's `parts[r]` becomes every rank's `parts[r]`, in place.
  [[nodiscard]] virtual std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts,
                                                             Lane lane = Lane::usual) = 0;
};

/// One number (or other plain value) of each rank, by rank, on every rank. Collective; returns when all have arrived.
template <class Number>
[[nodiscard]] std::vector<Number> gather_each(Number own, Communicator& communicator) {
  std::vector<Number> values(static_cast<std::size_t>(communicator.ranks()), own);
  std::vector<Pieces> parts;
  for (Number& value : values) parts.push_back({writable_bytes_of(&value, 1)});
  communicator.all_gather(parts)->wait();
  return values;
}

/// One rank alone.
class SerialCommunicator final : public Communicator {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int ranks() const override { return 1; }
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send, std::span<const Pieces> receive,
                                                     Lane lane) override;
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts, Lane lane) override;
};

/// Copies the bytes of one message into the pieces of another of the same length.
void copy_pieces(const ConstPieces& from, const Pieces& to);

}  // namespace lockstep
