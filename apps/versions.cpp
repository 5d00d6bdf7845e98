// SPDX-License-Identifier: MIT
// Asking each library, at run time where it can be asked.
#include "apps/versions.hpp"

#include <fmt/format.h>

#include "core/gemm.hpp"
#include "core/types.hpp"
#include "io/hdf5_version.hpp"
#include "parallel/tbb_version.hpp"

namespace lockstep {
namespace {

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

/// What the compiler was allowed to use for our own loops.
std::string instruction_set() {
#if defined(__AVX512F__)
  return "AVX-512";
#elif defined(__AVX2__)
  return "AVX2";
#elif defined(__AVX__)
  return "AVX";
#elif defined(__ARM_NEON)
  return "NEON";
#else
  return "baseline";
#endif
}

}  // namespace

std::vector<std::pair<std::string, std::string>> versions(const MpiEnvironment& mpi) {
  return {{"lockstep", LOCKSTEP_VERSION},
          {"precision", sizeof(Scalar) == sizeof(float) ? "float" : "double"},
          {"compiler", compiler()},
          {"instruction set", instruction_set()},
          {"matrix products", std::string{product_library()}},
          {"Eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"oneTBB", tbb_version()},
          {"HDF5", hdf5_version()},
          {"MPI", mpi.started() ? mpi.library() : "not started (this process runs alone)"}};
}

}  // namespace lockstep
