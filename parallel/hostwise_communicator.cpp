// SPDX-License-Identifier: MIT
// Gathering between hosts, then within them.
#include "parallel/hostwise_communicator.hpp"

#include <utility>
#include <vector>

namespace lockstep {

/// One gathering, in two hops.
class HostwiseCommunicator::Gathering {
 public:
  Gathering(const HostGroups& groups, std::span<const Pieces> parts, Lane lane)
      : within_{groups.within}, lane_{lane}, by_place_(static_cast<std::size_t>(groups.within.ranks())) {
    const auto own = static_cast<std::size_t>(groups.within.rank());
    std::vector<Pieces> with_own_place;
    for (std::size_t rank = 0; rank < parts.size(); ++rank) {
      const std::size_t place = rank % by_place_.size();
      if (place == own) with_own_place.push_back(parts[rank]);
      by_place_[place].insert(by_place_[place].end(), parts[rank].begin(), parts[rank].end());
    }
    first_ = groups.across.all_gather(with_own_place, lane);
  }

  [[nodiscard]] Transfer& first() { return *first_; }
  void go_on() { second_ = within_.all_gather(by_place_, lane_); }
  /// Null before `go_on`.
  [[nodiscard]] Transfer* second() { return second_.get(); }

 private:
  Communicator& within_;
  Lane lane_;
  std::vector<Pieces> by_place_;  ///< what comes from the ranks of each place on all hosts
  std::unique_ptr<Transfer> first_;
  std::unique_ptr<Transfer> second_;
};

class HostwiseCommunicator::HostwiseTransfer final : public Transfer {
 public:
  HostwiseTransfer(HostwiseCommunicator& communicator, std::shared_ptr<Gathering> gathering, Lane lane)
      : communicator_{communicator}, gathering_{std::move(gathering)}, lane_{static_cast<std::size_t>(lane)} {}

  [[nodiscard]] bool test() override {
    communicator_.pass_on();
    return gathering_->second() != nullptr && gathering_->second()->test();
  }

  void wait(const std::function<void()>& meanwhile) override {
    const auto pass_on = [&] {
      communicator_.pass_on();
      meanwhile();
    };
    while (gathering_->second() == nullptr) {
      // Kept while it is waited for: `pass_on` takes it out.
      const std::shared_ptr<Gathering> next = communicator_.arriving_[lane_].front();
      next->first().wait(pass_on);
      communicator_.pass_on();
    }
    gathering_->second()->wait(pass_on);
  }

 private:
  HostwiseCommunicator& communicator_;
  std::shared_ptr<Gathering> gathering_;
  std::size_t lane_;
};

void HostwiseCommunicator::pass_on() {
  for (auto& lane : arriving_)
    for (; !lane.empty() && lane.front()->first().test(); lane.pop_front()) lane.front()->go_on();
}

std::unique_ptr<Transfer> HostwiseCommunicator::all_gather(std::span<const Pieces> parts, Lane lane) {
  const auto gathering = std::make_shared<Gathering>(groups_, parts, lane);
  arriving_[static_cast<std::size_t>(lane)].push_back(gathering);
  return std::make_unique<HostwiseTransfer>(*this, gathering, lane);
}

}  // namespace lockstep
