// SPDX-License-Identifier: MIT
#include "core/gemm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/matrix.hpp"
#include "core/narrow_product.hpp"

namespace lockstep {
namespace {

Matrix random_matrix(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine{seed};
  std::uniform_real_distribution<Scalar> uniform{-1, 1};
  return Matrix::NullaryExpr(rows, columns, [&] { return uniform(engine); });
}

struct Shape {
  Index m, n, k;
};

/// C by the definition, in long double.
Matrix by_definition(const Shape& shape, const Matrix& a, bool turn_a, const Matrix& b, bool turn_b) {
  Matrix c(shape.m, shape.n);
  for (Index i = 0; i < shape.m; ++i) {
    for (Index j = 0; j < shape.n; ++j) {
      long double sum = 0;
      for (Index l = 0; l < shape.k; ++l)
        sum +=
            static_cast<long double>(turn_a ? a(l, i) : a(i, l)) * static_cast<long double>(turn_b ? b(j, l) : b(l, j));
      c(i, j) = static_cast<Scalar>(sum);
    }
  }
  return c;
}

class AllTranspositions : public testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(AllTranspositions, MatchTheDefinition) {
  const auto [turn_a, turn_b] = GetParam();
  for (const Shape shape : {Shape{1, 1, 1}, Shape{7, 5, 3}, Shape{37, 13, 29}, Shape{131, 67, 257}}) {
    const Matrix a = turn_a ? random_matrix(shape.k, shape.m, 1) : random_matrix(shape.m, shape.k, 1);
    const Matrix b = turn_b ? random_matrix(shape.n, shape.k, 2) : random_matrix(shape.k, shape.n, 2);
    const Matrix expected = by_definition(shape, a, turn_a, b, turn_b);
    Matrix c = Matrix::Constant(shape.m, shape.n, 1000);
    const Product product{.transpose_a = turn_a ? Transpose::yes : Transpose::no,
                          .transpose_b = turn_b ? Transpose::yes : Transpose::no,
                          .m = shape.m,
                          .n = shape.n,
                          .k = shape.k,
                          .a = a.data(),
                          .lda = a.rows(),
                          .b = b.data(),
                          .ldb = b.rows(),
                          .c = c.data(),
                          .ldc = shape.m};
    multiply(product);
    EXPECT_TRUE(c.isApprox(expected, Scalar(1e-5))) << shape.m << " x " << shape.n << " x " << shape.k;
  }
}

INSTANTIATE_TEST_SUITE_P(Gemm, AllTranspositions, testing::Combine(testing::Bool(), testing::Bool()));

class AtAnyAddress : public testing::TestWithParam<Index> {};

TEST_P(AtAnyAddress, GivesTheSameBits) {
  const Shape shape{45, GetParam(), 61};
  const Matrix a = random_matrix(shape.k, shape.m, 3);
  const Matrix b = random_matrix(shape.k, shape.n, 4);
  Matrix reference(shape.m, shape.n);
  multiply({.transpose_a = Transpose::yes,
            .m = shape.m,
            .n = shape.n,
            .k = shape.k,
            .a = a.data(),
            .lda = shape.k,
            .b = b.data(),
            .ldb = shape.k,
            .c = reference.data(),
            .ldc = shape.m});
  for (const Index shift : {0, 1, 3, 7, 11}) {
    const Index lda = shape.k + shift;
    const Index ldc = shape.m + 2 * shift;
    AlignedBuffer storage_a{lda * shape.m + 16};
    AlignedBuffer storage_b{lda * shape.n + 16};
    AlignedBuffer storage_c{ldc * shape.n + 16};
    Scalar* moved_a = storage_a.data() + shift;
    Scalar* moved_b = storage_b.data() + shift;
    Scalar* moved_c = storage_c.data() + shift;
    using Stride = Eigen::OuterStride<>;
    Eigen::Map<Matrix, 0, Stride>(moved_a, shape.k, shape.m, Stride(lda)) = a;
    Eigen::Map<Matrix, 0, Stride>(moved_b, shape.k, shape.n, Stride(lda)) = b;
    multiply({.transpose_a = Transpose::yes,
              .m = shape.m,
              .n = shape.n,
              .k = shape.k,
              .a = moved_a,
              .lda = lda,
              .b = moved_b,
              .ldb = lda,
              .c = moved_c,
              .ldc = ldc});
    for (Index column = 0; column < shape.n; ++column)
      EXPECT_EQ(std::memcmp(moved_c + column * ldc, reference.col(column).data(),
                            static_cast<std::size_t>(shape.m) * sizeof(Scalar)),
                0)
          << "column " << column << ", shifted by " << shift;
  }
}

/// Few columns take a kernel of our own in some builds, many the library's.
INSTANTIATE_TEST_SUITE_P(Gemm, AtAnyAddress, testing::Values(23, 71));

TEST(NarrowProduct, GivesEachElementBitsThatOnlyItsTwoColumnsDecide) {
  constexpr Shape shape{23, 61, 173};
  const Matrix a = random_matrix(shape.k, shape.m, 6);
  const Matrix b = random_matrix(shape.k, shape.n, 7);
  const auto product_of = [&](Range rows, Range columns, Matrix& c) {
    c.resize(rows.size(), columns.size());
    const Product product{.transpose_a = Transpose::yes,
                          .m = rows.size(),
                          .n = columns.size(),
                          .k = shape.k,
                          .a = a.data() + rows.begin * shape.k,
                          .lda = shape.k,
                          .b = b.data() + columns.begin * shape.k,
                          .ldb = shape.k,
                          .c = c.data(),
                          .ldc = rows.size()};
    multiply(product);
    return is_narrow(product);
  };
  Matrix whole;
  if (!product_of({0, shape.m}, {0, shape.n}, whole)) GTEST_SKIP() << "this build has no products of its own";
  for (const Range rows : {Range{0, 1}, Range{3, 10}, Range{22, 23}})
    for (const Range columns : {Range{0, 1}, Range{5, 11}, Range{60, 61}}) {
      Matrix part;
      (void)product_of(rows, columns, part);
      EXPECT_EQ(part, whole.block(rows.begin, columns.begin, rows.size(), columns.size()))
          << "from row " << rows.begin << " and column " << columns.begin;
    }
}

/// The bits of a product whose operands lie `units` aligned units into freshly allocated memory.
std::vector<Scalar> product_at(const Shape& shape, Index lda, Index ldb, Index units) {
  const Index shift = units * alignment_scalars;
  AlignedBuffer a{shift + lda * shape.m};
  AlignedBuffer b{shift + ldb * shape.n};
  AlignedBuffer c{shift + padded(shape.m) * shape.n};
  const Matrix values = random_matrix(shape.k, shape.m + shape.n, 5);
  for (Index column = 0; column < shape.m; ++column)
    std::copy_n(values.col(column).data(), shape.k, a.data() + shift + column * lda);
  for (Index column = 0; column < shape.n; ++column)
    std::copy_n(values.col(shape.m + column).data(), shape.k, b.data() + shift + column * ldb);
  multiply({.transpose_a = Transpose::yes,
            .m = shape.m,
            .n = shape.n,
            .k = shape.k,
            .a = a.data() + shift,
            .lda = lda,
            .b = b.data() + shift,
            .ldb = ldb,
            .c = c.data() + shift,
            .ldc = padded(shape.m)});
  const std::span<const Scalar> result = std::as_const(c).span().subspan(static_cast<std::size_t>(shift));
  return {result.begin(), result.end()};
}

TEST(Multiply, GivesTheSameBitsAtEveryAlignedUnitOfMemory) {
  // Strides that collide in a cache, for which oneDNN has kernels of its own, and products that Eigen calls tiny.
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 2, 5}, Shape{5, 7, 6}, Shape{7, 13, 256}, Shape{37, 16, 1024},
                             Shape{61, 53, 784}, Shape{131, 67, 300}}) {
    for (const Index lda : {shape.k, padded(shape.k), Index{1024} * ((shape.k + 1023) / 1024)}) {
      const std::vector<Scalar> reference = product_at(shape, lda, padded(shape.k), 0);
      for (const Index units : {1, 3, 16, 64})
        EXPECT_EQ(product_at(shape, lda, padded(shape.k), units), reference)
            << shape.m << " x " << shape.n << " x " << shape.k << ", stride " << lda << ", " << units << " units on";
    }
  }
}

TEST(Multiply, AccumulatesLikeAnAdditionWhereItIsSaidTo) {
  ASSERT_TRUE(accumulates_like_an_addition(2, 2, 64)) << "how often shards are added without a pass of their own";
  for (const Index k : {1, 2, 7, 16, 31, 32, 47, 63, 64, 65, 129, 256, 383, 384}) {
    if (!accumulates_like_an_addition(2, 2, k)) continue;
    for (const Shape shape :
         {Shape{13, 7, k}, Shape{128, 10, k}, Shape{208, 64, k}, Shape{256, 128, k}, Shape{512, 256, k},
          Shape{400, 3, k}, Shape{2, 129, k}, Shape{129, 2, k}, Shape{511, 37, k}}) {
      ASSERT_TRUE(accumulates_like_an_addition(shape.m, shape.n, k));
      for (const Index lda : {shape.m, Index{784}, Index{2048}}) {
        const Matrix a = random_matrix(lda, k, 1);
        const Matrix b = random_matrix(shape.n, k, 2);
        const Matrix before = random_matrix(shape.m, shape.n, 3);
        Matrix product(shape.m, shape.n);
        Product call{.transpose_b = Transpose::yes,
                     .m = shape.m,
                     .n = shape.n,
                     .k = k,
                     .a = a.data(),
                     .lda = lda,
                     .b = b.data(),
                     .ldb = shape.n,
                     .c = product.data(),
                     .ldc = shape.m};
        multiply(call);
        Matrix sum = before;
        call.c = sum.data();
        call.accumulate = true;
        multiply(call);
        const Matrix expected = before + product;
        ASSERT_EQ(std::memcmp(sum.data(), expected.data(), static_cast<std::size_t>(sum.size()) * sizeof(Scalar)), 0)
            << shape.m << " x " << shape.n << " over " << k << ", leading dimension " << lda;
      }
    }
  }
}

TEST(MultiplyEach, GivesEachProductTheBitsThatItHasAlone) {
  for (const Index lda : {Index{136}, Index{512}, Index{2048}}) {
    constexpr Index m = 131;
    constexpr Index k = 523;
    const Matrix a = random_matrix(lda, k, 8);
    const LeftFactor left{.a = a.data(), .lda = lda, .m = m, .k = k};
    std::vector<Matrix> factors;
    std::vector<Matrix> together;
    std::vector<RightFactor> rights;
    for (const Index n : {Index{37}, Index{3}, Index{8}, Index{67}}) {
      factors.push_back(random_matrix(k, n, static_cast<unsigned>(n)));
      together.emplace_back(Matrix::Constant(m, n, 5));
    }
    for (std::size_t i = 0; i < factors.size(); ++i)
      rights.push_back({.b = factors[i].data(), .ldb = k, .n = factors[i].cols(), .c = together[i].data(), .ldc = m});
    multiply_each(left, rights);
    for (std::size_t i = 0; i < factors.size(); ++i) {
      Matrix alone = Matrix::Constant(m, factors[i].cols(), 6);
      RightFactor right = rights[i];
      right.c = alone.data();
      multiply_each(left, {&right, 1});
      EXPECT_EQ(together[i], alone) << factors[i].cols() << " columns, A's columns " << lda << " apart";
      const Matrix expected = by_definition({m, factors[i].cols(), k}, a.topRows(m), false, factors[i], false);
      EXPECT_TRUE(alone.isApprox(expected, Scalar(1e-5)));
    }
  }
}

TEST(MultiplyEach, OverNothingIsZero) {
  Matrix c = Matrix::Constant(3, 11, 5);
  const RightFactor right{.b = c.data(), .ldb = 1, .n = 11, .c = c.data(), .ldc = 3};
  multiply_each({.a = c.data(), .lda = 3, .m = 3, .k = 0}, {&right, 1});
  EXPECT_EQ(c, Matrix::Zero(3, 11));
}

TEST(Multiply, OverNothingIsZeroOrLeavesC) {
  Matrix c = Matrix::Constant(3, 2, 5);
  Product product{.m = 3,
                  .n = 2,
                  .k = 0,
                  .a = c.data(),
                  .lda = 3,
                  .b = c.data(),
                  .ldb = 1,
                  .c = c.data(),
                  .ldc = 3,
                  .accumulate = true};
  multiply(product);
  EXPECT_EQ(c, Matrix::Constant(3, 2, 5));
  product.accumulate = false;
  multiply(product);
  EXPECT_EQ(c, Matrix::Zero(3, 2));
}

}  // namespace
}  // namespace lockstep
