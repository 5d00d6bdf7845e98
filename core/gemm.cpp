// SPDX-License-Identifier: MIT
// Which of the ways to multiply takes a product, and with which instructions.
#include "core/gemm.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/avx2_product.hpp"
#include "core/bf16_product.hpp"
#include "core/error.hpp"
#include "core/matrix.hpp"
#include "core/narrow_product.hpp"
#include "core/panel.hpp"
#include "core/product_library.hpp"

namespace lockstep {
namespace {

/// C = 0, or C as it is: what a product over k = 0 columns leaves.
void empty_product(const Product& product) {
  if (product.accumulate) return;
  for (Index column = 0; column < product.n; ++column)
    std::memset(product.c + column * product.ldc, 0, static_cast<std::size_t>(product.m) * sizeof(Scalar));
}

/// Of which the build knows, so that Eigen uses them.
#ifdef __AVX512F__
constexpr InstructionSet compiled_instructions = InstructionSet::avx512;
#else
constexpr InstructionSet compiled_instructions = InstructionSet::avx2;
#endif

/// Our own kernels keep to the instructions that the library was told to.
InstructionSet own_instructions() {
  static const InstructionSet used = product_instruction_set().value_or(compiled_instructions);
  return used;
}

bool is_for_avx2(const Product& product) { return own_instructions() == InstructionSet::avx2 && suits_avx2(product); }

bool is_for_narrow(const Product& product) {
  return own_instructions() == InstructionSet::avx512 && is_narrow(product);
}

Product product_of(const LeftFactor& left, const RightFactor& right) {
  return {.m = left.m,
          .n = right.n,
          .k = left.k,
          .a = left.a,
          .lda = left.lda,
          .b = right.b,
          .ldb = right.ldb,
          .c = right.c,
          .ldc = right.ldc};
}

/// Whether the library reads a copy of A, whose columns lie `lda` apart, for a product with n columns. Some powers of
/// two apart they fall into few sets of the caches, where rows of them do not stay: products of few columns, which take
/// little time for each element of A, wait for memory, columns a page apart (784-2048-2048-10 on a Xeon, four shards of
/// 32 samples: half the time); fewer than 32 take less time than a copy where a page apart is all they are.
bool reads_copy(Index lda, Index n) {
  constexpr Index page = 1024;
  return n <= 64 && lda % (n < 32 ? 2 * page : page) == 0;
}

/// A with its columns spread over the caches, in memory of the calling thread.
LeftFactor spread_copy(const LeftFactor& left) {
  struct Spread {};
  const Index stride = spread_stride(left.m);
  Scalar* to = thread_scratch<Spread>(stride * left.k).data();
  for (Index column = 0; column < left.k; ++column)
    std::copy_n(left.a + column * left.lda, left.m, to + column * stride);
  return {.a = to, .lda = stride, .m = left.m, .k = left.k};
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

bool accumulates_like_an_addition(Index m, Index n, Index k) {
  if (is_for_avx2({.transpose_b = Transpose::yes, .m = m, .n = n, .k = k, .accumulate = true})) return true;
  return m > 1 && n > 1 && k <= longest_single_run();
}

void multiply(const Product& product) {
  if (product.m == 0 || product.n == 0) return;
  if (product.k == 0) {
    empty_product(product);
    return;
  }
  if (is_for_avx2(product))
    multiply_in_avx2(product);
  else if (is_for_narrow(product))
    multiply_narrow(product);
  else
    multiply_by_library(product);
}

void multiply_each(const LeftFactor& left, std::span<const RightFactor> rights) {
  thread_local std::vector<RightFactor> for_avx2;
  for_avx2.clear();
  std::optional<LeftFactor> copy;
  for (const RightFactor& right : rights) {
    if (left.m > 0 && left.k > 0 && is_for_avx2(product_of(left, right))) {
      for_avx2.push_back(right);
      continue;
    }
    const bool copied = reads_copy(left.lda, right.n);
    if (copied && !copy) copy = spread_copy(left);
    multiply(product_of(copied ? *copy : left, right));
  }
  if (!for_avx2.empty()) multiply_in_avx2(left, for_avx2);
}

void use_instruction_set(InstructionSet wanted) {
  const InstructionSet for_floats = std::min(wanted, InstructionSet::avx512);
  if (wanted > for_floats) {
    use_bf16_instructions(wanted);
    if (!product_instruction_set()) return;
  }
  const std::string name{text_in(instruction_set_names, wanted)};
  limit_library_instructions(for_floats);
  const std::optional<InstructionSet> used = product_instruction_set();
  if (!used)
    throw RequestError("isa is " + name +
                       ", but in this build Eigen multiplies matrices, with the instructions it was compiled for; "
                       "leave isa on auto and build with -DLOCKSTEP_ARCH=x86-64-v3, say");
  if (*used != for_floats)
    throw RequestError("isa is " + name + ", but matrix products use " +
                       std::string{text_in(instruction_set_names, *used)} +
                       " here: the best that this processor has, or settled before; use isa " +
                       std::string{text_in(instruction_set_names, std::min(*used, for_floats))} + " on all hosts");
  limit_bf16_instructions(wanted);
}

bool multiplies_in_avx2() { return is_for_avx2({.transpose_b = Transpose::yes, .m = 1, .n = 1, .k = 1}); }

std::optional<InstructionSet> product_instruction_set() { return library_instruction_set(); }

std::string_view product_library() { return library_name(); }

}  // namespace lockstep
