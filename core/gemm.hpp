// SPDX-License-Identifier: MIT
// The one place where matrices are multiplied.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/instruction_set.hpp"
#include "core/types.hpp"

namespace lockstep {

enum class Transpose { no, yes };

/// C = op(A) op(B), or C += op(A) op(B) when `accumulate`. Column-major; op(A) is m x k, op(B) is k x n, C is m x n;
/// `lda`, `ldb`, `ldc` are the distances between stored columns.
///
/// Runs on the calling thread alone. Our own with AVX2 (core/avx2_product.hpp), and with AVX-512 where that is
/// faster (core/narrow_product.hpp); otherwise, and with few columns, oneDNN where it was found at build time, Eigen
/// where not. Thread-safe on disjoint C.
///
/// The bits depend on m, n, k, the transpositions and the values. The libraries may also choose a kernel by leading
/// dimensions (oneDNN copies operands whose stride would collide in the cache) and by the address within an aligned
/// unit (Eigen on tiny products), so callers keep both, too, a function of the configuration: leading dimensions are
/// layer sizes or padded ones, operands begin at the same place of an aligned unit in every run.
struct Product {
  Transpose transpose_a = Transpose::no;
  Transpose transpose_b = Transpose::no;
  Index m = 0, n = 0, k = 0;
  const Scalar* a = nullptr;
  Index lda = 0;
  const Scalar* b = nullptr;
  Index ldb = 0;
  Scalar* c = nullptr;
  Index ldc = 0;
  bool accumulate = false;
};

void multiply(const Product& product);

/// An A that several B meet: m x k.
struct LeftFactor {
  const Scalar* a = nullptr;
  Index lda = 0;
  Index m = 0, k = 0;
};

/// One of them, k x n, and where the product goes.
struct RightFactor {
  const Scalar* b = nullptr;
  Index ldb = 0;
  Index n = 0;
  Scalar* c = nullptr;
  Index ldc = 0;
};

/// C = A B for each right factor, sharing what is done to A. The bits of each C do not depend on the other right
/// factors.
void multiply_each(const LeftFactor& left, std::span<const RightFactor> rights);

/// True when an accumulating product gives the bits of a product and an addition: each element is complete before it
/// meets C, as always in AVX2. The libraries' longer sums meet C in several runs, and their products with vectors take
/// another way. How long a sum may be is tried out once, for it depends on the library and its instructions.
[[nodiscard]] bool accumulates_like_an_addition(Index m, Index n, Index k);

/// "oneDNN 2.6.3", "Eigen 3.4.0": what multiply() uses besides our own, for `lockstep doctor`.
[[nodiscard]] std::string_view product_library();

/// Keeps multiply() to these instructions, for the whole process; call it before anything was multiplied or asked.
/// Throws RequestError when it cannot be so: the processor has them not, others are settled already, or Eigen
/// multiplies, whose instructions are those of the build.
void use_instruction_set(InstructionSet wanted);

/// Whether multiply() computes by our own kernels in AVX2, all but a few narrow products; settles its instructions.
[[nodiscard]] bool multiplies_in_avx2();

/// What multiply() uses; settles it. Nothing where Eigen multiplies.
[[nodiscard]] std::optional<InstructionSet> product_instruction_set();

}  // namespace lockstep
