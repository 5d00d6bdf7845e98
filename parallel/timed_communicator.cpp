// SPDX-License-Identifier: MIT
// Timing calls and waits.
#include "parallel/timed_communicator.hpp"

#include "parallel/trace.hpp"

namespace lockstep {
namespace {

/// Adds its lifetime to `seconds`.
class Timer {
 public:
  Timer(double& seconds, const char* phase) : seconds_{seconds}, span_{phase}, begin_{trace_clock()} {}
  ~Timer() { seconds_ += 1e-9 * static_cast<double>(trace_clock() - begin_); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  double& seconds_;
  TraceSpan span_;
  std::int64_t begin_;
};

class TimedTransfer final : public Transfer {
 public:
  TimedTransfer(std::unique_ptr<Transfer> other, double& seconds) : other_{std::move(other)}, seconds_{seconds} {}
  [[nodiscard]] bool test() override { return other_->test(); }
  void wait(const std::function<void()>& meanwhile) override {
    const Timer timer{seconds_, "exchange: wait"};
    other_->wait(meanwhile);
  }

 private:
  std::unique_ptr<Transfer> other_;
  double& seconds_;
};

}  // namespace

/// Transfers between some ranks of the other's are timed, too.
struct TimedCommunicator::Hosts {
  explicit Hosts(const HostGroups& others) : within{others.within}, across{others.across} {}

  TimedCommunicator within;
  TimedCommunicator across;
  HostGroups groups{.within = within, .across = across};
};

TimedCommunicator::TimedCommunicator(Communicator& other)
    : other_{other}, hosts_{other.hosts() == nullptr ? nullptr : std::make_unique<Hosts>(*other.hosts())} {}

TimedCommunicator::~TimedCommunicator() = default;

const HostGroups* TimedCommunicator::hosts() const { return hosts_ ? &hosts_->groups : nullptr; }

double TimedCommunicator::seconds() const noexcept {
  return seconds_ + (hosts_ ? hosts_->within.seconds() + hosts_->across.seconds() : 0);
}

std::unique_ptr<Transfer> TimedCommunicator::all_to_all(std::span<const ConstPieces> send,
                                                        std::span<const Pieces> receive, Lane lane) {
  const Timer timer{seconds_, "exchange: start"};
  return std::make_unique<TimedTransfer>(other_.all_to_all(send, receive, lane), seconds_);
}

std::unique_ptr<Transfer> TimedCommunicator::all_gather(std::span<const Pieces> parts, Lane lane) {
  const Timer timer{seconds_, "exchange: start"};
  return std::make_unique<TimedTransfer>(other_.all_gather(parts, lane), seconds_);
}

}  // namespace lockstep
