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
/// travel on communicators of its own. Declare it first in main, so that it is destroyed last.
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

  [[nodiscard]] Communicator& world() noexcept { return *world_; }
  /// The ranks that gave the same number, in their order among all ranks; lives as long as this. Collective over all
  /// ranks. Exchanges of different groups go on side by side, each group's ranks on their own.
  [[nodiscard]] Communicator& group(int number);
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

  /// Waits until all ranks are here, and falls silent; call it last. Throws MissingRanksError. Collective.
  void leave();
  /// The work is done: should MPI hang while it ends, the process ends with this status after the timeout all the same.
  void ends_with(int status) noexcept { status_ = status; }
  /// Ends all ranks at once with this status; does not return.
  [[noreturn]] void abort(int status) noexcept;

 private:
  std::unique_ptr<MpiUse> use_;  ///< null when MPI is not started; outlives world_
  std::unique_ptr<Communicator> world_;
  struct Group;
  std::vector<Group> groups_;
  OnHang on_hang_;
  int status_ = EXIT_FAILURE;
  bool finalizes_ = false;
  bool left_ = false;
};

}  // namespace lockstep
