// SPDX-License-Identifier: MIT
// One blocking call.
#include "parallel/mpi_allreduce.hpp"

#include <cassert>
#include <mutex>
#include <type_traits>

#include "parallel/mpi_communicator.hpp"

namespace lockstep {

void mpi_allreduce(MpiUse& use, std::span<const Scalar> values, std::span<Scalar> sum) {
  assert(values.size() == sum.size());
  MPI_Datatype const type = std::is_same_v<Scalar, float> ? MPI_FLOAT : MPI_DOUBLE;
  const std::lock_guard lock{use.calls};
  check_mpi(MPI_Allreduce(values.data(), sum.data(), static_cast<int>(values.size()), type, MPI_SUM, use.communicator),
            "MPI_Allreduce");
}

}  // namespace lockstep
