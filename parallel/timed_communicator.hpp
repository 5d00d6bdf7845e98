// SPDX-License-Identifier: MIT
// A communicator that knows how long its rank was held up by it.
#pragma once

#include "parallel/communicator.hpp"

namespace lockstep {

/// Passes everything on to another communicator, which must outlive it, and adds up the time that the calling thread
/// spends in starting transfers and waiting for them: the communication that is not hidden behind computation.
/// Transfers must not outlive it.
class TimedCommunicator final : public Communicator {
 public:
  explicit TimedCommunicator(Communicator& other);
  ~TimedCommunicator() override;
  [[nodiscard]] int rank() const override { return other_.rank(); }
  [[nodiscard]] int ranks() const override { return other_.ranks(); }
  [[nodiscard]] const HostGroups* hosts() const override;
  [[nodiscard]] std::unique_ptr<Transfer> all_to_all(std::span<const ConstPieces> send, std::span<const Pieces> receive,
                                                     Lane lane) override;
  [[nodiscard]] std::unique_ptr<Transfer> all_gather(std::span<const Pieces> parts, Lane lane) override;

  [[nodiscard]] double seconds() const noexcept;

 private:
  struct Hosts;

  Communicator& other_;
  double seconds_ = 0;
  std::unique_ptr<Hosts> hosts_;  ///< null: none
};

}  // namespace lockstep
