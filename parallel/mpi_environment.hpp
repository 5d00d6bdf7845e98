// SPDX-License-Identifier: MIT
// MPI from start to end of a process, as a communicator. No MPI type shows here.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "parallel/communicator.hpp"

namespace lockstep {

struct MpiUse;

/// Starts MPI when the process was launched by mpirun or srun; alone, it is a serial communicator and MPI is never
/// started (start-up stays quick). An MPI that the program has started already is used and left running. Messages
/// travel on communicators of its own. Where the launcher put several ranks on each of several hosts, as many on each
/// and one host after the other, all of them are a HostwiseCommunicator. Declare it first in main, so that it is
/// destroyed last.
///
/// Besides the caller's thread one of its own calls MPI, never at the same time (MPI_THREAD_SERIALIZED); a program that
/// started MPI with less goes without signs of life, and then waits have no end.
class MpiEnvironment {
 public:
  /// Called on another thread when MPI itself hangs while starting or ending; the process ends with `status` when it
  /// returns.
  using OnHang = void (*)(const char* what, int status);

  /// Throws RequestError when srun started several processes that MPI does not connect.
  MpiEnvironment(int& argc, char**& argv, OnHang on_hang = nullptr);
  /// Leaves, unless unwinding from an exception.
  ~MpiEnvironment();
  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;

  [[nodiscard]] Communicator& world() noexcept { return by_own_hosts_ != nullptr ? *by_own_hosts_ : *world_; }
  /// The ranks that gave the same number, in their order among all ranks; lives as long as this. Collective over all
  /// ranks. Exchanges of different groups go on side by side, each group's ranks on their own.
  [[nodiscard]] Communicator& group(int number);
  /// All ranks as if `ranks_per_host` at a time shared a host; lives as long as this. Throws RequestError when their
  /// number is not a multiple of it. Collective over all ranks.
  [[nodiscard]] Communicator& by_hosts(int ranks_per_host);
  [[nodiscard]] bool started() const noexcept { return use_ != nullptr; }
  /// What files that know MPI need; null when MPI is not started.
  [[nodiscard]] MpiUse* use() noexcept { return use_.get(); }
  /// "Open MPI 4.1.4"; MPI need not be started.
  [[nodiscard]] static std::string library();

  /// Seconds of silence after which a rank counts as lost; 0: never. 60 at first. Not collective.
  void set_timeout(double seconds) noexcept;
  /// When `told_to_end()` is true, less than a second of silence is enough: the launcher may be ending all ranks
  /// because one died, and there is just time to say where it was missed.
  void hurry_when(bool (*told_to_end)()) noexcept;
  /// Says that the threads of all ranks on this host have a core each: ranks that wait for messages then keep theirs
  /// for some milliseconds, instead of offering it to others. At first they do not. Not collective.
  void keep_cores(bool own_cores) noexcept;

  /// Waits until all ranks are here, and falls silent; call it last. Throws MissingRanksError. Collective.
  void leave();
  /// The work is done: should MPI hang while it ends, the process ends with this status after the timeout all the same.
  void ends_with(int status) noexcept { status_ = status; }
  /// Ends all ranks at once with this status; does not return.
  [[noreturn]] void abort(int status) noexcept;

 private:
  std::unique_ptr<MpiUse> use_;  ///< null when MPI is not started; outlives world_
  std::unique_ptr<Communicator> world_;
  /// Ranks on each host, where the launcher put as many on each, one host after the other; else 1. Collective.
  [[nodiscard]] int ranks_of_each_host();

  struct Group;
  std::vector<Group> groups_;
  Communicator* by_own_hosts_ = nullptr;  ///< of groups_: all ranks as they lie on hosts, where that is of use
  OnHang on_hang_;
  int status_ = EXIT_FAILURE;
  bool finalizes_ = false;
  bool left_ = false;
};

}  // namespace lockstep
