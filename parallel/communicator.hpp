// SPDX-License-Identifier: MIT
// The seam between ranks: moves numbers, knows no training words.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/types.hpp"

namespace lockstep {

/// An exchange under way. The spans given to it must live until `wait` returns.
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

  /// Rank r's `send[q]` arrives in rank q's `receive[r]`; the lengths (bytes) of the two agree.
  [[nodiscard]] virtual std::unique_ptr<Transfer> all_to_all(std::span<const std::span<const std::byte>> send,
                                                             std::span<const std::span<std::byte>> receive) = 0;

  /// Rank r's `parts[r]` becomes every rank's `parts[r]`, in place.
  [[nodiscard]] virtual std::unique_ptr<Transfer> all_gather(std::span<const std::span<std::byte>> parts) = 0;
};

/// One rank alone.
class SerialCommunicator final : public Communicator {
 public:
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int ranks() const override { return 1; }
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const std::span<const std::byte>> send,
                                                     std::span<const std::span<std::byte>> receive) override;
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const std::span<std::byte>> parts) override;
};

}  // namespace lockstep
