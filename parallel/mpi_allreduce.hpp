// SPDX-License-Identifier: MIT
// MPI's own sum over ranks, in whatever order it likes: what the ordered exchange is measured against.
#pragma once

#include <span>

#include "core/types.hpp"

namespace lockstep {

struct MpiUse;

/// Every rank's `sum` becomes the sum of all ranks' `values`, by one MPI_Allreduce. The spans are equally long on all
/// ranks (as long as an int counts), and do not overlap. Collective; for benchmarks only: a lost rank leaves the others
/// waiting in MPI, which training never does.
void mpi_allreduce(MpiUse& use, std::span<const Scalar> values, std::span<Scalar> sum);

}  // namespace lockstep
