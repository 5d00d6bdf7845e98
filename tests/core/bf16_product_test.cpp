// SPDX-License-Identifier: MIT
#include "core/bf16_product.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bf16_packing.hpp"
#include "core/matrix.hpp"

namespace lockstep {
namespace {

constexpr double half_unit = 1.0 / 256;  ///< most that rounding to 8 bits moves a number, relative to it
constexpr double float_unit = 1.0 / (1 << 23);

Matrix random_matrix(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine{seed};
  std::uniform_real_distribution<Scalar> uniform{-1, 1};
  return Matrix::NullaryExpr(rows, columns, [&] { return uniform(engine); });
}

/// An operand with its memory, packed from (lines x terms) or, turned, (terms x lines). What nobody may read is NaN.
template <class Operand>
struct Packed {
  AlignedBuffer memory;
  Operand operand;

  explicit Packed(const Matrix& lines_by_terms, bool turned = false)
      : memory{bf16_scalars(lines_by_terms.rows(), lines_by_terms.cols())},
        operand{bf16_operand<Operand>(memory.data(), lines_by_terms.rows(), lines_by_terms.cols())} {
    const Matrix stored = turned ? Matrix{lines_by_terms.transpose()} : lines_by_terms;
    const Index stride = stored.rows() + 5;
    std::vector<Scalar> padded(static_cast<std::size_t>(stride * stored.cols()),
                               std::numeric_limits<Scalar>::quiet_NaN());
    for (Index column = 0; column < stored.cols(); ++column)
      std::copy_n(stored.col(column).data(), stored.rows(), padded.data() + column * stride);
    const Bf16Source source{.data = padded.data(), .rows = stored.rows(), .columns = stored.cols(), .stride = stride};
    if (turned)
      pack_columns(source, operand);
    else
      pack_rows(source, operand);
  }
};

/// Rounded to nearest, ties to even, by the definition.
double rounded(Scalar value) {
  const double exponent = std::ilogb(value);
  const double unit = std::ldexp(1.0, static_cast<int>(exponent) - 7);
  return value == 0 ? 0 : std::nearbyint(static_cast<double>(value) / unit) * unit;
}

struct Shape {
  Index m, n, k;
};

/// With each of the instruction sets that are here.
class Bf16Products : public testing::TestWithParam<InstructionSet> {
 protected:
  void SetUp() override {
    limit_bf16_instructions(GetParam());
    if (bf16_instruction_set() != GetParam())
      GTEST_SKIP() << "no " << text_in(instruction_set_names, GetParam()) << " here: " << bf16_problem();
  }
  void TearDown() override { limit_bf16_instructions(InstructionSet::amx); }

  static Matrix product(const Bf16Rows& rows, const Bf16Columns& columns) {
    Matrix c = Matrix::Constant(rows.lines, columns.lines, 1000);
    multiply({.rows = rows, .columns = columns, .c = c.data(), .ldc = rows.lines});
    return c;
  }
};

TEST_P(Bf16Products, AreThoseOfRoundedNumbersUpToTheRoundingOfFloats) {
  using Doubles = Eigen::MatrixXd;
  for (const Shape shape :
       {Shape{1, 1, 1}, Shape{7, 5, 3}, Shape{37, 13, 29}, Shape{131, 67, 257}, Shape{53, 601, 1031}}) {
    const Matrix a = random_matrix(shape.m, shape.k, 1);
    const Matrix b = random_matrix(shape.n, shape.k, 2);
    const Doubles rounded_a = a.unaryExpr([](Scalar value) { return rounded(value); });
    const Doubles rounded_b = b.unaryExpr([](Scalar value) { return rounded(value); });
    const Doubles expected = rounded_a * rounded_b.transpose();
    const Doubles exact = a.cast<double>() * b.cast<double>().transpose();
    const Doubles magnitudes = rounded_a.cwiseAbs() * rounded_b.cwiseAbs().transpose();
    const double of_sum = static_cast<double>(shape.k + 2) * float_unit;
    for (const bool turn_a : {false, true})
      for (const bool turn_b : {false, true}) {
        const Doubles c =
            product(Packed<Bf16Rows>{a, turn_a}.operand, Packed<Bf16Columns>{b, turn_b}.operand).cast<double>();
        EXPECT_TRUE(((c - expected).array().abs() <= of_sum * magnitudes.array()).all())
            << shape.m << " x " << shape.n << " x " << shape.k;
        EXPECT_TRUE(((c - exact).array().abs() <= (of_sum + 2.1 * half_unit) * magnitudes.array()).all());
      }
  }
}

TEST_P(Bf16Products, RoundToNearestAndTiesToEven) {
  constexpr float one_up = 1 + 1.0F / 128;  // the next bfloat16 above 1
  const std::vector<std::pair<float, float>> cases{
      {1 + 1.0F / 256, 1},
      {std::nextafter(1 + 1.0F / 256, 2.0F), one_up},
      {std::nextafter(1 + 1.0F / 256, 0.0F), 1},
      {one_up + 1.0F / 256, 1 + 2.0F / 128},
      {-(1 + 1.0F / 256), -1},
      {std::numeric_limits<float>::max(), std::numeric_limits<float>::infinity()}};
  for (const auto& [value, expected] : cases)
    for (const bool turned : {false, true})
      EXPECT_EQ(product(Packed<Bf16Rows>{Matrix::Constant(1, 1, value), turned}.operand,
                        Packed<Bf16Columns>{Matrix::Constant(1, 1, 1)}.operand)(0, 0),
                expected)
          << value;
}

TEST_P(Bf16Products, KeepNanAndInfinityWhereTheyBelong) {
  constexpr Index terms = 71;
  Matrix a = random_matrix(23, terms, 3);
  const Matrix b = random_matrix(19, terms, 4).cwiseAbs();
  a(5, 70) = std::numeric_limits<Scalar>::quiet_NaN();
  a(17, 33) = std::numeric_limits<Scalar>::infinity();
  const Matrix c = product(Packed<Bf16Rows>{a}.operand, Packed<Bf16Columns>{b}.operand);
  for (Index i = 0; i < a.rows(); ++i)
    for (Index j = 0; j < b.rows(); ++j) {
      EXPECT_EQ(std::isnan(c(i, j)), i == 5);
      EXPECT_EQ(std::isinf(c(i, j)), i == 17);
    }
}

TEST_P(Bf16Products, AddWhatIsCompleteByItself) {
  const Packed<Bf16Rows> rows{random_matrix(83, 517, 5)};
  const Packed<Bf16Columns> columns{random_matrix(47, 517, 6)};
  const Matrix before = random_matrix(83, 47, 7);
  Matrix c = before;
  multiply({.rows = rows.operand, .columns = columns.operand, .c = c.data(), .ldc = 83, .accumulate = true});
  EXPECT_EQ(c, before + product(rows.operand, columns.operand));
}

TEST_P(Bf16Products, GiveEachElementBitsThatOnlyItsTwoLinesDecide) {
  const Packed<Bf16Rows> rows{random_matrix(89, 301, 8)};
  const Packed<Bf16Columns> columns{random_matrix(541, 301, 9)};
  const Matrix whole = product(rows.operand, columns.operand);
  for (const Range some_rows : {Range{0, 1}, Range{16, 33}, Range{48, 89}})
    for (const Range some_columns : {Range{0, 1}, Range{32, 85}, Range{528, 541}})
      EXPECT_EQ(product(rows.operand.part(some_rows), columns.operand.part(some_columns)),
                whole.block(some_rows.begin, some_columns.begin, some_rows.size(), some_columns.size()));
}

TEST_P(Bf16Products, WriteNothingBesideTheirElements) {
  const Packed<Bf16Rows> rows{random_matrix(37, 11, 10)};
  const Packed<Bf16Columns> columns{random_matrix(21, 11, 11)};
  Matrix c = Matrix::Constant(61, 23, 7);
  multiply({.rows = rows.operand, .columns = columns.operand, .c = c.data() + 3, .ldc = 61});
  EXPECT_EQ(c.block(3, 0, 37, 21), product(rows.operand, columns.operand));
  c.block(3, 0, 37, 21).setConstant(7);
  EXPECT_EQ(c, Matrix::Constant(61, 23, 7));
}

INSTANTIATE_TEST_SUITE_P(With, Bf16Products, testing::Values(InstructionSet::avx512_bf16, InstructionSet::amx),
                         [](const auto& instance) {
                           return instance.param == InstructionSet::amx ? "Amx" : "Avx512Bf16";
                         });

TEST(Bf16Absence, IsExplained) {
  limit_bf16_instructions(InstructionSet::avx2);
  EXPECT_FALSE(bf16_instruction_set());
  const std::string problem = bf16_problem();
  limit_bf16_instructions(InstructionSet::amx);
  EXPECT_NE(problem.find("precision is bf16, but"), std::string::npos) << problem;
  EXPECT_NE(problem.find("take precision float32"), std::string::npos) << problem;
  EXPECT_EQ(bf16_problem().empty(), bf16_instruction_set().has_value());
}

}  // namespace
}  // namespace lockstep
