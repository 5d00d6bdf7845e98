// SPDX-License-Identifier: MIT
#include "core/avx2_product.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace lockstep {
namespace {

struct Shape {
  Index m, n, k;
};

/// Odd sizes, parts of tiles, more terms than one run has and more lines than are packed at once.
const std::vector<Shape> shapes{{1, 8, 1},     {5, 9, 3},       {16, 12, 2},     {17, 13, 1031},
                                {33, 37, 8},   {131, 67, 257},  {150, 135, 513}, {277, 9, 517},
                                {9, 277, 517}, {277, 271, 517}, {271, 277, 521}};

/// A matrix whose columns are further apart than they are long, in memory that ends with it.
class Operand {
 public:
  Operand(Index rows, Index columns, unsigned seed, std::size_t after = 0)
      : rows_{rows},
        stride_{rows + 3},
        values_(static_cast<std::size_t>(before + stride_ * (columns - 1) + rows) + after, guard) {
    std::mt19937 engine{seed};
    std::uniform_real_distribution<Scalar> uniform{-1, 1};
    for (Index column = 0; column < columns; ++column)
      for (Index row = 0; row < rows; ++row) (*this)(row, column) = uniform(engine);
  }

  [[nodiscard]] Scalar* data() { return values_.data() + before; }
  [[nodiscard]] Index stride() const { return stride_; }
  Scalar& operator()(Index row, Index column) { return data()[column * stride_ + row]; }

 protected:
  static constexpr Scalar guard = 77;
  static constexpr Index before = 5;
  Index rows_;
  Index stride_;
  std::vector<Scalar> values_;
};

/// A result, between guards.
class Result : public Operand {
 public:
  Result(Index rows, Index columns, unsigned seed) : Operand(rows, columns, seed, after) {}

  /// What a product must not have written.
  [[nodiscard]] bool is_intact_outside() const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const Index place = static_cast<Index>(i) - before;
      const bool inside = place >= 0 && i + after < values_.size() && place % stride_ < rows_;
      if (!inside && values_[i] != guard) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t after = 40;
};

/// An element of op(A) op(B), as it is to come out.
Scalar chain(Operand& a, bool turn_a, Operand& b, bool turn_b, Index row, Index column, Index terms) {
  Scalar sum = 0;
  for (Index term = 0; term < terms; ++term)
    sum = std::fma(turn_a ? a(term, row) : a(row, term), turn_b ? b(column, term) : b(term, column), sum);
  return sum;
}

struct Form {
  std::string name;
  bool turn_a, turn_b, accumulate;
};

class ProductInAvx2 : public testing::TestWithParam<Form> {};

TEST_P(ProductInAvx2, IsOneChainOfFusedMultiplyAddsForEachElement) {
  const Form form = GetParam();
  for (const Shape shape : shapes) {
    Operand a = form.turn_a ? Operand{shape.k, shape.m, 1} : Operand{shape.m, shape.k, 1};
    Operand b = form.turn_b ? Operand{shape.n, shape.k, 2} : Operand{shape.k, shape.n, 2};
    Result c{shape.m, shape.n, 3};
    Result before = c;
    const Product product{.transpose_a = form.turn_a ? Transpose::yes : Transpose::no,
                          .transpose_b = form.turn_b ? Transpose::yes : Transpose::no,
                          .m = shape.m,
                          .n = shape.n,
                          .k = shape.k,
                          .a = a.data(),
                          .lda = a.stride(),
                          .b = b.data(),
                          .ldb = b.stride(),
                          .c = c.data(),
                          .ldc = c.stride(),
                          .accumulate = form.accumulate};
    if (!suits_avx2(product)) GTEST_SKIP() << "this build has no such products";
    multiply_in_avx2(product);
    for (Index column = 0; column < shape.n; ++column)
      for (Index row = 0; row < shape.m; ++row) {
        Scalar sum = chain(a, form.turn_a, b, form.turn_b, row, column, shape.k);
        if (form.accumulate) sum += before(row, column);
        ASSERT_EQ(c(row, column), sum) << shape.m << " x " << shape.n << " x " << shape.k << " at " << row << ", "
                                       << column;
      }
    EXPECT_TRUE(c.is_intact_outside()) << shape.m << " x " << shape.n << " x " << shape.k;
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, ProductInAvx2,
                         testing::Values(Form{"Forward", true, false, false}, Form{"Backward", false, false, false},
                                         Form{"WeightGradient", false, true, false},
                                         Form{"AddedWeightGradient", false, true, true}),
                         [](const auto& form) { return form.param.name; });

TEST(ProductsInAvx2, ShareWhatIsPackedOfTheLeft) {
  constexpr Index m = 277;
  constexpr Index k = 1031;
  if (!suits_avx2({.m = m, .n = 8, .k = k})) GTEST_SKIP() << "this build has no such products";
  Operand a{m, k, 1};
  const std::vector<Index> widths{8, 37, 16, 67};
  std::vector<Operand> factors;
  std::vector<Result> results;
  for (const Index n : widths) {
    factors.emplace_back(k, n, static_cast<unsigned>(n));
    results.emplace_back(m, n, 3);
  }
  std::vector<RightFactor> rights;
  for (std::size_t i = 0; i < widths.size(); ++i)
    rights.push_back({.b = factors[i].data(),
                      .ldb = factors[i].stride(),
                      .n = widths[i],
                      .c = results[i].data(),
                      .ldc = results[i].stride()});
  multiply_in_avx2({.a = a.data(), .lda = a.stride(), .m = m, .k = k}, rights);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    for (Index column = 0; column < widths[i]; ++column)
      for (Index row = 0; row < m; ++row) {
        ASSERT_EQ(results[i](row, column), chain(a, false, factors[i], false, row, column, k))
            << widths[i] << " columns, at " << row << ", " << column;
      }
    EXPECT_TRUE(results[i].is_intact_outside()) << widths[i] << " columns";
  }
}

TEST(SuitsAvx2, LeavesTheLibraryWhatHasFewColumnsOrOtherForms) {
  EXPECT_FALSE(suits_avx2({.m = 64, .n = 7, .k = 64}));
  EXPECT_FALSE(suits_avx2({.transpose_a = Transpose::yes, .m = 64, .n = 7, .k = 64}));
  EXPECT_FALSE(suits_avx2({.m = 64, .n = 64, .k = 64, .accumulate = true}));
  EXPECT_FALSE(suits_avx2({.transpose_a = Transpose::yes, .transpose_b = Transpose::yes, .m = 64, .n = 64, .k = 64}));
}

}  // namespace
}  // namespace lockstep
