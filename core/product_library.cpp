// SPDX-License-Identifier: MIT
// oneDNN's and Eigen's products on the calling thread alone.
#include "core/product_library.hpp"

#ifdef LOCKSTEP_HAS_DNNL
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#if DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_OMP && DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_SEQ
#error "this oneDNN would thread inside our workers; configure with -D DNNL_LIBRARY= to compute by Eigen"
#endif
#endif

#include <string>

#include "core/error.hpp"
#include "core/matrix.hpp"

namespace lockstep {
#ifdef LOCKSTEP_HAS_DNNL
namespace {

/// OpenMP's thread count is a property of the calling thread: each worker sets its own to one, once.
void keep_this_thread_alone() {
  thread_local const bool done = (omp_set_num_threads(1), true);
  (void)done;
}

/// The library that is loaded may be built otherwise than the one whose header was read.
void require_known_threading() {
  static const unsigned runtime = dnnl_version()->cpu_runtime;
  if (runtime != DNNL_RUNTIME_OMP && runtime != DNNL_RUNTIME_SEQ)
    throw Error("the oneDNN that was loaded threads in its own way (run time " + std::to_string(runtime) +
                ") and cannot be kept to one thread; install the one Lockstep was built with");
}

/// Further extensions (VNNI, bfloat16, AMX) do not touch products of floats.
InstructionSet from_library(dnnl_cpu_isa_t isa) {
  const auto has = [isa](dnnl_cpu_isa_t all) { return (isa & all) == all; };
  if (has(dnnl_cpu_isa_avx512_core)) return InstructionSet::avx512;
  if (has(dnnl_cpu_isa_avx2)) return InstructionSet::avx2;
  return has(dnnl_cpu_isa_avx) ? InstructionSet::avx : InstructionSet::sse41;
}

dnnl_cpu_isa_t to_library(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse41:
      return dnnl_cpu_isa_sse41;
    case InstructionSet::avx:
      return dnnl_cpu_isa_avx;
    case InstructionSet::avx2:
      return dnnl_cpu_isa_avx2;
    case InstructionSet::avx512:
    case InstructionSet::avx512_bf16:
    case InstructionSet::amx:
      return dnnl_cpu_isa_all;
  }
  return dnnl_cpu_isa_all;
}

std::string describe() {
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
         std::to_string(version->patch);
}

}  // namespace

/// oneDNN is row-major: C^T = op(B)^T op(A)^T has the same bytes as our column-major C.
void multiply_by_library(const Product& product) {
  require_known_threading();
  keep_this_thread_alone();
  const char transpose_b = product.transpose_b == Transpose::yes ? 'T' : 'N';
  const char transpose_a = product.transpose_a == Transpose::yes ? 'T' : 'N';
  const dnnl_status_t status =
      dnnl_sgemm(transpose_b, transpose_a, product.n, product.m, product.k, 1.0F, product.b, product.ldb, product.a,
                 product.lda, product.accumulate ? 1.0F : 0.0F, product.c, product.ldc);
  if (status != dnnl_success)
    throw Error("oneDNN refused a product of " + std::to_string(product.m) + " x " + std::to_string(product.k) +
                " by " + std::to_string(product.k) + " x " + std::to_string(product.n) + " (status " +
                std::to_string(static_cast<int>(status)) + ")");
}

std::optional<InstructionSet> library_instruction_set() { return from_library(dnnl_get_effective_cpu_isa()); }

void limit_library_instructions(InstructionSet most) {
  (void)dnnl_set_max_cpu_isa(to_library(most));  // refused once settled: what counts is what came of it
}

#else
namespace {

using Stored = Eigen::Map<const Matrix, 0, Eigen::OuterStride<> >;

/// Eigen blocks products by the caches it finds; fixed sizes keep the bits the same on every machine.
void fix_cache_sizes() {
  static const bool done = [] {
    Eigen::setCpuCacheSizes(32 << 10, 1 << 20, 8 << 20);
    return true;
  }();
  (void)done;
}

template <class A, class B>
void assign_product(const Product& product, const A& a, const B& b) {
  Eigen::Map<Matrix, 0, Eigen::OuterStride<> > c{product.c, product.m, product.n, Eigen::OuterStride<>(product.ldc)};
  if (product.accumulate)
    c.noalias() += a * b;
  else
    c.noalias() = a * b;
}

std::string describe() {
  return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + '.' + std::to_string(EIGEN_MAJOR_VERSION) + '.' +
         std::to_string(EIGEN_MINOR_VERSION);
}

}  // namespace

void multiply_by_library(const Product& product) {
  fix_cache_sizes();
  const bool turn_a = product.transpose_a == Transpose::yes;
  const bool turn_b = product.transpose_b == Transpose::yes;
  const Stored a{product.a, turn_a ? product.k : product.m, turn_a ? product.m : product.k,
                 Eigen::OuterStride<>(product.lda)};
  const Stored b{product.b, turn_b ? product.n : product.k, turn_b ? product.k : product.n,
                 Eigen::OuterStride<>(product.ldb)};
  if (turn_a && turn_b)
    assign_product(product, a.transpose(), b.transpose());
  else if (turn_a)
    assign_product(product, a.transpose(), b);
  else if (turn_b)
    assign_product(product, a, b.transpose());
  else
    assign_product(product, a, b);
}

std::optional<InstructionSet> library_instruction_set() { return std::nullopt; }

void limit_library_instructions(InstructionSet /*most*/) {}

#endif

std::string_view library_name() {
  static const std::string description = describe();
  return description;
}

}  // namespace lockstep
