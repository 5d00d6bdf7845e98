// SPDX-License-Identifier: MIT
// MPI from start to end of a process, as a communicator. No MPI type shows here.
#pragma once

#include <memory>
#include <string>

#include "parallel/communicator.hpp"

namespace lockstep {

/// Starts MPI (MPI_THREAD_FUNNELED) when the process was launched by mpirun or srun; alone, it is a serial communicator
/// and MPI is never started (start-up stays quick). Declare it first in main, so that it is destroyed last.
class MpiEnvironment {
 public:
  MpiEnvironment(int& argc, char**& argv);
  /// Finalizes unless unwinding from an exception.
  ~MpiEnvironment();
  MpiEnvironment(const MpiEnvironment&) = delete;
  MpiEnvironment& operator=(const MpiEnvironment&) = delete;

  [[nodiscard]] Communicator& world() noexcept { return *world_; }
  [[nodiscard]] bool started() const noexcept { return started_; }
  /// "Open MPI 4.1.4", or "" when MPI is not started.
  [[nodiscard]] std::string library() const;
  /// Ends all ranks at once with this status; does not return.
  [[noreturn]] void abort(int status) noexcept;

 private:
  std::unique_ptr<Communicator> world_;
  bool started_ = false;
};

}  // namespace lockstep
