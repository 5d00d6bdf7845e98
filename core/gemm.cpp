// SPDX-License-Identifier: MIT
// Matrix products by oneDNN where it was found, by Eigen otherwise.
#include "core/gemm.hpp"

#ifdef LOCKSTEP_HAS_DNNL
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#if DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_OMP && DNNL_CPU_THREADING_RUNTIME != DNNL_RUNTIME_SEQ
#error "this oneDNN would thread inside our workers; configure with -D DNNL_LIBRARY= to compute by Eigen"
#endif
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "core/bf16_product.hpp"
#include "core/error.hpp"
#include "core/narrow_product.hpp"

namespace lockstep {
namespace {

/// C = 0, or C as it is: what a product over k = 0 columns leaves.
void empty_product(const Product& product) {
  if (product.accumulate) return;
  for (Index column = 0; column < product.n; ++column)
    std::memset(product.c + column * product.ldc, 0, static_cast<std::size_t>(product.m) * sizeof(Scalar));
}

#ifdef LOCKSTEP_HAS_DNNL

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

/// oneDNN is row-major: C^T = op(B)^T op(A)^T has the same bytes as our column-major C.
void library_product(const Product& product) {
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

#else

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

void library_product(const Product& product) {
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

#endif

#ifdef LOCKSTEP_HAS_DNNL

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

#endif

std::string describe_library() {
#ifdef LOCKSTEP_HAS_DNNL
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
         std::to_string(version->patch);
#else
  return "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + '.' + std::to_string(EIGEN_MAJOR_VERSION) + '.' +
         std::to_string(EIGEN_MINOR_VERSION);
#endif
}

/// Our own kernel keeps to the instructions that the library was told to.
bool narrow_is_allowed() {
  static const bool allowed = product_instruction_set().value_or(InstructionSet::avx512) == InstructionSet::avx512;
  return allowed;
}

void use_bf16_instructions(InstructionSet wanted) {
  limit_bf16_instructions(wanted);
  const std::optional<InstructionSet> used = bf16_instruction_set();
  if (used == wanted) return;
  throw RequestError("isa is " + std::string{text_in(instruction_set_names, wanted)} +
                     ", but products in bfloat16 use " +
                     (used ? std::string{text_in(instruction_set_names, *used)} : std::string{"nothing"}) +
                     " here, the best that processor, system and build offer; leave isa on auto" +
                     (used ? "" : ", and take precision float32"));
}

/// Whether C + A B^T has the same bits in one call and in two, at an odd size.
bool accumulates_in_one_run(Index k) {
  constexpr Index m = 67;
  constexpr Index n = 19;
  const Matrix a =
      Matrix::NullaryExpr(m, k, [](Index row, Index column) { return std::sin(Scalar(row + 7 * column)); });
  const Matrix b =
      Matrix::NullaryExpr(n, k, [](Index row, Index column) { return std::cos(Scalar(3 * row + column)); });
  Matrix accumulated =
      Matrix::NullaryExpr(m, n, [](Index row, Index column) { return std::sin(Scalar(row * column)); });
  Matrix separate(m, n);
  Product product{.transpose_b = Transpose::yes,
                  .m = m,
                  .n = n,
                  .k = k,
                  .a = a.data(),
                  .lda = m,
                  .b = b.data(),
                  .ldb = n,
                  .c = separate.data(),
                  .ldc = m};
  multiply(product);
  const Matrix sum = accumulated + separate;
  product.c = accumulated.data();
  product.accumulate = true;
  multiply(product);
  return accumulated == sum;
}

/// The longest sum that was found to meet C once: what oneDNN does with AVX-512, and with less.
Index longest_single_run() {
  static const Index found = [] {
    for (const Index k : {Index{384}, Index{64}})
      if (accumulates_in_one_run(k)) return k;
    return Index{0};
  }();
  return found;
}

}  // namespace

bool accumulates_like_an_addition(Index m, Index n, Index k) { return m > 1 && n > 1 && k <= longest_single_run(); }

void multiply(const Product& product) {
  if (product.m == 0 || product.n == 0) return;
  if (product.k == 0) {
    empty_product(product);
    return;
  }
  if (is_narrow(product) && narrow_is_allowed())
    multiply_narrow(product);
  else
    library_product(product);
}

void use_instruction_set(InstructionSet wanted) {
  const InstructionSet for_floats = std::min(wanted, InstructionSet::avx512);
  if (wanted > for_floats) {
    use_bf16_instructions(wanted);
    if (!product_instruction_set()) return;
  }
  const std::string name{text_in(instruction_set_names, wanted)};
#ifdef LOCKSTEP_HAS_DNNL
  (void)dnnl_set_max_cpu_isa(to_library(for_floats));  // refused once settled: what counts is what came of it
  const InstructionSet used = *product_instruction_set();
  if (used != for_floats)
    throw RequestError("isa is " + name + ", but matrix products use " +
                       std::string{text_in(instruction_set_names, used)} +
                       " here: the best that this processor has, or settled before; use isa " +
                       std::string{text_in(instruction_set_names, std::min(used, for_floats))} + " on all hosts");
  limit_bf16_instructions(wanted);
#else
  throw RequestError("isa is " + name +
                     ", but in this build Eigen multiplies matrices, with the instructions it was compiled for; leave "
                     "isa on auto and build with -DLOCKSTEP_ARCH=x86-64-v3, say");
#endif
}

std::optional<InstructionSet> product_instruction_set() {
#ifdef LOCKSTEP_HAS_DNNL
  return from_library(dnnl_get_effective_cpu_isa());
#else
  return std::nullopt;
#endif
}

bool reads_operands_in_place() {
  static const bool in_place = [] {
    const std::optional<InstructionSet> set = product_instruction_set();
    return set == InstructionSet::avx || set == InstructionSet::avx2;
  }();
  return in_place;
}

std::string_view product_library() {
  static const std::string description = describe_library();
  return description;
}

}  // namespace lockstep
