// SPDX-License-Identifier: MIT
// Starting and ending MPI.
#include "parallel/mpi_environment.hpp"

#include <mpi.h>

#include <array>
#include <cstdlib>
#include <exception>

#include "core/error.hpp"
#include "parallel/mpi_communicator.hpp"

namespace lockstep {
namespace {

/// Variables that launchers set for the processes they start: Open MPI's mpirun, PMIx and PMI (srun, MPICH).
bool launched_in_parallel() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"})
    if (std::getenv(variable) != nullptr) return true;
  return false;
}

MPI_Comm start(int& argc, char**& argv) {
  int provided = 0;
  check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED)
    throw Error("this MPI library does not support threads (MPI_THREAD_FUNNELED); use one that does");
  // Failures come back as status codes, which become exceptions.
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return MPI_COMM_WORLD;
}

}  // namespace

MpiEnvironment::MpiEnvironment(int& argc, char**& argv) {
  if (launched_in_parallel()) {
    world_ = std::make_unique<MpiCommunicator>(start(argc, argv));
    started_ = true;
  } else {
    world_ = std::make_unique<SerialCommunicator>();
  }
}

MpiEnvironment::~MpiEnvironment() {
  // Finalizing waits for all ranks: while an exception unwinds they may never come, and main aborts instead.
  if (started_ && std::uncaught_exceptions() == 0) MPI_Finalize();
}

std::string MpiEnvironment::library() const {
  if (!started_) return {};
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  check_mpi(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  const std::string whole(text.data(), static_cast<std::size_t>(length));
  const std::string first = whole.substr(0, whole.find(','));
  constexpr std::string_view open_mpi = "Open MPI v";
  return first.starts_with(open_mpi) ? "Open MPI " + first.substr(open_mpi.size()) : first;
}

void MpiEnvironment::abort(int status) noexcept {
  if (started_) MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);
}

}  // namespace lockstep
