// SPDX-License-Identifier: MIT
// A network or memory that turns over a bit now and then: preload it under mpirun.
//
//   LD_PRELOAD=libmpi_fault_shim.so MPI_FAULT_RANK=1 MPI_FAULT_AFTER=100 mpirun ...
//   LD_PRELOAD=libmpi_fault_shim.so MPI_FAULT_AT_END=1 mpirun ...
//
// From the 100th long message that rank 1 receives, the lowest bit of each is wrong: a last digit of the first number
// in it.
#include <mpi.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

constexpr int long_message = 4096;  // bytes: parameters and gradients, not sums of losses or hashes

bool is_faulty_rank() {
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  const char* faulty = std::getenv("MPI_FAULT_RANK");
  return rank != nullptr && faulty != nullptr && std::string{rank} == faulty;
}

/// Long messages on their way, and how many have come. One thread at a time calls MPI.
std::unordered_map<MPI_Request, unsigned char*> expected;
long arrived = 0;

void arrive(MPI_Request request) {
  const auto message = expected.find(request);
  if (message == expected.end()) return;
  static const long after = std::atol(std::getenv("MPI_FAULT_AFTER"));
  if (++arrived > after) *message->second ^= 1U;
  expected.erase(message);
}

}  // namespace

extern "C" int MPI_Irecv(void* buffer, int count, MPI_Datatype type, int source, int tag, MPI_Comm communicator,
                         MPI_Request* request) {
  const int status = PMPI_Irecv(buffer, count, type, source, tag, communicator, request);
  static const bool faulty = is_faulty_rank();
  if (faulty && count >= long_message) expected[*request] = static_cast<unsigned char*>(buffer);
  return status;
}

extern "C" int MPI_Testsome(int count, MPI_Request* requests, int* done, int* indices, MPI_Status* statuses) {
  const std::vector<MPI_Request> before(requests, requests + count);
  const int status = PMPI_Testsome(count, requests, done, indices, statuses);
  for (int i = 0; i < *done; ++i) arrive(before[static_cast<std::size_t>(indices[i])]);
  return status;
}

extern "C" int MPI_Finalize() {
  while (std::getenv("MPI_FAULT_AT_END") != nullptr) ::pause();
  return PMPI_Finalize();
}
