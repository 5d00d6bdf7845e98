// SPDX-License-Identifier: MIT
// Starting and ending MPI.
#include "parallel/mpi_environment.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "parallel/hostwise_communicator.hpp"
#include "parallel/mpi_communicator.hpp"
#include "parallel/mpi_pulse.hpp"

namespace lockstep {
namespace {

constexpr double usual_timeout_seconds = 60;
constexpr double start_seconds = 120;  ///< for MPI's own start: hosts may load the program from a slow disk
constexpr double abort_seconds = 5;

/// Variables that launchers set for the processes they start: Open MPI's mpirun, PMIx and PMI (srun, MPICH).
bool launched_in_parallel() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

/// srun without a plugin that MPI understands starts every task as if it were alone: each would train the whole run.
void require_connection(int ranks) {
  const char* const tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  if (ranks > 1 || tasks == nullptr || std::atoi(tasks) <= 1) return;
  throw RequestError("srun started " + std::string{tasks} +
                     " tasks, but MPI does not connect them: each would run alone; start them by 'srun --mpi=pmix' "
                     "('srun --mpi=list' shows what there is), or by mpirun inside the allocation");
}

/// Ends this process unless it is destroyed in time: for calls of MPI that nothing else can end.
class Deadline {
 public:
  Deadline(double seconds, int status, MpiEnvironment::OnHang on_hang, const char* what)
      : watch_{[=](const std::stop_token& stop) {
          std::mutex mutex;
          std::unique_lock lock{mutex};
          std::condition_variable_any never;
          if (never.wait_for(lock, stop, std::chrono::duration<double>(seconds), [&] { return stop.stop_requested(); }))
            return;
          if (on_hang != nullptr) on_hang(what, status);
          std::_Exit(status);
        }} {}

 private:
  std::jthread watch_;
};

MPI_Comm own_copy() {
  MPI_Comm copy = MPI_COMM_NULL;
  check_mpi(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "MPI_Comm_dup");
  // Failures come back as status codes, which become exceptions.
  check_mpi(MPI_Comm_set_errhandler(copy, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return copy;
}

/// The level of thread support that MPI runs with.
int start(int& argc, char**& argv, MpiEnvironment::OnHang on_hang) {
  const Deadline deadline{start_seconds, EXIT_FAILURE, on_hang, "starting MPI"};
  int provided = 0;
  check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED)
    throw Error("this MPI library does not support threads (MPI_THREAD_FUNNELED); use one that does");
  return provided;
}

int level_of_running_mpi() {
  int provided = 0;
  check_mpi(MPI_Query_thread(&provided), "MPI_Query_thread");
  return provided;
}

}  // namespace

/// A communicator that lives as long as the environment, and its handle where it has one of its own.
struct MpiEnvironment::Group {
  MPI_Comm handle = MPI_COMM_NULL;
  std::unique_ptr<Communicator> communicator;
};

MpiEnvironment::MpiEnvironment(int& argc, char**& argv, OnHang on_hang) : on_hang_{on_hang} {
  int running = 0;
  check_mpi(MPI_Initialized(&running), "MPI_Initialized");
  finalizes_ = running == 0 && launched_in_parallel();
  if (running == 0 && !finalizes_) {
    require_connection(1);
    world_ = std::make_unique<SerialCommunicator>();
    return;
  }
  const int level = finalizes_ ? start(argc, argv, on_hang) : level_of_running_mpi();
  use_ = std::make_unique<MpiUse>();
  use_->communicator = own_copy();
  use_->timeout_seconds = usual_timeout_seconds;
  world_ = std::make_unique<MpiCommunicator>(*use_);
  if (finalizes_) require_connection(world_->ranks());
  const int each = ranks_of_each_host();
  if (level >= MPI_THREAD_SERIALIZED && world_->ranks() > 1)
    use_->pulse = std::make_unique<MpiPulse>(own_copy(), use_->calls);
  if (each > 1 && each < world_->ranks()) by_own_hosts_ = &by_hosts(each);
}

MpiEnvironment::~MpiEnvironment() {
  // Leaving waits for all ranks: while an exception unwinds they may never come, and main aborts instead.
  if (!started() || std::uncaught_exceptions() > 0) return;
  try {
    leave();
  } catch (const std::exception&) {
    abort(EXIT_FAILURE);
  }
  const double seconds = use_->timeout_seconds > 0 ? use_->timeout_seconds : usual_timeout_seconds;
  const Deadline deadline{seconds, status_, on_hang_, "ending MPI"};
  if (use_->pulse != nullptr) use_->pulse->free();
  for (Group& group : groups_)
    if (group.handle != MPI_COMM_NULL) MPI_Comm_free(&group.handle);
  MPI_Comm_free(&use_->communicator);
  if (finalizes_) MPI_Finalize();
}

std::string MpiEnvironment::library() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  check_mpi(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  const std::string whole(text.data(), static_cast<std::size_t>(length));
  const std::string first = whole.substr(0, whole.find(','));
  constexpr std::string_view open_mpi = "Open MPI v";
  return first.starts_with(open_mpi) ? "Open MPI " + first.substr(open_mpi.size()) : first;
}

Communicator& MpiEnvironment::group(int number) {
  Group made;
  if (!started()) {
    made.communicator = std::make_unique<SerialCommunicator>();
  } else {
    // All ranks are here when this comes back, so that MPI's own wait, during which no beats are sent, is short.
    const std::vector<int> numbers = gather_each(number, *world_);
    std::vector<int> members;
    for (std::size_t rank = 0; rank < numbers.size(); ++rank)
      if (numbers[rank] == number) members.push_back(static_cast<int>(rank));
    {
      const std::lock_guard lock{use_->calls};
      check_mpi(MPI_Comm_split(use_->communicator, number, world_->rank(), &made.handle), "MPI_Comm_split");
      check_mpi(MPI_Comm_set_errhandler(made.handle, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
    }
    made.communicator = std::make_unique<MpiCommunicator>(*use_, made.handle, std::move(members));
  }
  groups_.push_back(std::move(made));
  return *groups_.back().communicator;
}

Communicator& MpiEnvironment::by_hosts(int ranks_per_host) {
  const int ranks = world_->ranks();
  if (ranks_per_host < 1 || ranks % ranks_per_host != 0)
    throw RequestError(std::to_string(ranks) + " ranks are no multiple of " + std::to_string(ranks_per_host) +
                       " on each host; start as many on each");
  const int host = world_->rank() / ranks_per_host;
  const int place = world_->rank() % ranks_per_host;
  Communicator& within = group(host);
  Communicator& across = group(place);
  groups_.push_back({.communicator = std::make_unique<HostwiseCommunicator>(
                         *world_, HostGroups{.within = within, .across = across})});
  return *groups_.back().communicator;
}

int MpiEnvironment::ranks_of_each_host() {
  const int ranks = world_->ranks();
  if (ranks < 4) return 1;     // no two hosts with two each
  int first = world_->rank();  // of this host
  {
    MPI_Comm host = MPI_COMM_NULL;
    const std::lock_guard lock{use_->calls};
    check_mpi(MPI_Comm_split_type(use_->communicator, MPI_COMM_TYPE_SHARED, first, MPI_INFO_NULL, &host),
              "MPI_Comm_split_type");
    check_mpi(MPI_Bcast(&first, 1, MPI_INT, 0, host), "MPI_Bcast");
    check_mpi(MPI_Comm_free(&host), "MPI_Comm_free");
  }
  const std::vector<int> firsts = gather_each(first, *world_);
  const auto each = static_cast<int>(std::count(firsts.begin(), firsts.end(), firsts.front()));
  for (int rank = 0; rank < ranks; ++rank)
    if (firsts[static_cast<std::size_t>(rank)] != rank - rank % each) return 1;
  return ranks % each == 0 ? each : 1;
}

void MpiEnvironment::set_timeout(double seconds) noexcept {
  if (started()) use_->timeout_seconds = seconds;
}

void MpiEnvironment::hurry_when(bool (*told_to_end)()) noexcept {
  if (started()) use_->hurry = told_to_end;
}

void MpiEnvironment::keep_cores(bool own_cores) noexcept {
  if (started()) use_->own_cores = own_cores;
}

void MpiEnvironment::leave() {
  if (left_ || !started()) return;
  left_ = true;
  (void)gather_each(char{0}, *world_);
  if (use_->pulse != nullptr) use_->pulse->stop();
}

void MpiEnvironment::abort(int status) noexcept {
  if (started()) {
    // Cut off from its launcher, a rank would wait in MPI_Abort for ever.
    const Deadline deadline{abort_seconds, status, nullptr, ""};
    if (use_->pulse != nullptr) use_->pulse->stop();
    MPI_Abort(MPI_COMM_WORLD, status);
  }
  std::_Exit(status);
}

}  // namespace lockstep
