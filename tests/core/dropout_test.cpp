// SPDX-License-Identifier: MIT
// Dropout: the mask that the contract defines, however the work is cut.
#include "core/dropout.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/matrix.hpp"
#include "tests/support/panel_buffer.hpp"

namespace lockstep {
namespace {

constexpr Index rows = 301;
constexpr Index columns = 37;

StreamKey test_key() { return stream_key(5, Purpose::dropout, 17, 2); }

PanelBuffer ones(Index panel_rows = rows, Index panel_columns = columns) {
  return {panel_rows, std::vector<Scalar>(static_cast<std::size_t>(panel_rows * panel_columns), Scalar{1})};
}

TEST(AppliedDropRate, IsTheNearestMultipleThatSixteenBitsCanDecide) {
  EXPECT_EQ(applied_drop_rate(0.5), 0.5);
  EXPECT_EQ(applied_drop_rate(0.2), 13107 / 65536.0);
  EXPECT_EQ(applied_drop_rate(0), 0);
  EXPECT_EQ(applied_drop_rate(0.999999), 65535 / 65536.0) << "some units must live";
}

TEST(ApplyDropout, DecidesEachUnitByItsSixteenBits) {
  const double rate = 0.2;
  const PanelBuffer values = ones();
  apply_dropout(rate, test_key(), /*first_position=*/100, /*first_row=*/0, values.panel());
  const auto kept = static_cast<Scalar>(1 / (1 - applied_drop_rate(rate)));
  for (Index column = 0; column < columns; ++column) {
    for (Index row = 0; row < rows; ++row) {
      const auto words =
          random_words(test_key(), static_cast<std::uint64_t>(100 + column), static_cast<std::uint64_t>(row / 8));
      const std::uint32_t bits = (words[static_cast<std::size_t>(row % 8 / 2)] >> (row % 2 * 16)) & 0xffffU;
      const Scalar expected = bits < 13107 ? Scalar{0} : kept;
      ASSERT_EQ(values.panel().column(column)[row], expected) << row << ", " << column;
    }
  }
}

TEST(ApplyDropout, GivesTheSameMaskInPiecesOfRowsAndColumns) {
  const PanelBuffer whole = ones();
  apply_dropout(0.3, test_key(), 0, 0, whole.panel());
  const PanelBuffer pieces = ones();
  const Panel panel = pieces.panel();
  for (Index column = 0; column < columns; column += 5) {
    for (Index row = 0; row < rows; row += 48) {
      apply_dropout(0.3, test_key(), column, row,
                    {panel.column(column) + row, std::min<Index>(48, rows - row), std::min<Index>(5, columns - column),
                     panel.stride});
    }
  }
  EXPECT_EQ(pieces.values(), whole.values());
}

TEST(ApplyDropout, MasksASecondPanelAlike) {
  const PanelBuffer values = ones();
  const PanelBuffer also = ones();
  matrix_of(also.panel()) *= Scalar{2};
  apply_dropout(0.5, test_key(), 3, 0, values.panel(), also.panel());
  EXPECT_EQ(matrix_of(also.panel()), matrix_of(values.panel()) * 2);
}

TEST(ApplyDropout, WritesNothingOutsideItsRows) {
  const PanelBuffer values = ones();
  const Panel panel = values.panel();
  apply_dropout(0.9, test_key(), 0, 16, {panel.data + 16, 19, columns, panel.stride});
  for (Index column = 0; column < columns; ++column) {
    EXPECT_EQ(panel.column(column)[15], 1);
    EXPECT_EQ(panel.column(column)[16 + 19], 1);
    EXPECT_TRUE(std::isnan(panel.column(column)[rows]));
  }
}

TEST(ApplyDropout, DoesNothingAtRateZero) {
  const PanelBuffer values = ones();
  apply_dropout(0, test_key(), 0, 0, values.panel());
  EXPECT_EQ(values.values(), ones().values());
}

TEST(ApplyDropout, DropsTheAskedShareAndKeepsTheMean) {
  for (const double rate : {0.1, 0.5, 0.8}) {
    const PanelBuffer values = ones(1009, 211);
    apply_dropout(rate, test_key(), 0, 0, values.panel());
    const double units = 1009 * 211;
    const auto dropped = static_cast<double>((matrix_of(values.panel()).array() == 0).count());
    EXPECT_NEAR(dropped / units, rate, 4 * std::sqrt(rate * (1 - rate) / units)) << rate;
    const double mean = matrix_of(values.panel()).cast<double>().mean();
    EXPECT_NEAR(mean, 1, 4 * std::sqrt(rate / (1 - rate) / units)) << rate;
  }
}

TEST(ApplyDropout, DropsNeighboursIndependently) {
  const PanelBuffer values = ones(1009, 211);
  apply_dropout(0.5, test_key(), 0, 0, values.panel());
  const Matrix alive = matrix_of(values.panel()).cwiseMin(1);
  const double pairs = 1008 * 211;
  const auto both_units = alive.topRows(1008).cwiseProduct(alive.bottomRows(1008)).cast<double>().sum();
  EXPECT_NEAR(both_units / pairs, 0.25, 4 * std::sqrt(0.1875 / pairs));
  const auto both_samples = alive.leftCols(210).cwiseProduct(alive.rightCols(210)).cast<double>().sum();
  EXPECT_NEAR(both_samples / (1009 * 210), 0.25, 4 * std::sqrt(0.1875 / pairs));
}

}  // namespace
}  // namespace lockstep
