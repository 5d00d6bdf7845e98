// SPDX-License-Identifier: MIT
// Data sets of more samples than one window holds.
#include "parallel/prediction_windows.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/matrix.hpp"
#include "core/memory_dataset.hpp"
#include "parallel/evaluation_plan.hpp"
#include "parallel/evaluator.hpp"
#include "parallel/run_setup.hpp"
#include "support/mpi_world.hpp"

namespace lockstep {
namespace {

using test::world;

constexpr Index window_rows = window_shards * evaluation_plan.shard_size;
constexpr Index samples = window_rows + 257;  // the second window is a shard and one sample

/// Whole numbers that floats hold exactly.
Scalar value_of(Index row, Index output, Index panel) { return static_cast<Scalar>(7 * row + 3 * output + panel); }

TEST(PredictionWindows, BringEachSampleOnceAndInOrderToAllRanks) {
  Workers workers{2};
  Index next = 0;
  Index windows = 0;
  for_each_window(
      {.samples = samples, .outputs = 3, .panels = 2}, world(), workers,
      [](Range rows, Index, const std::vector<Panel>& panels, Index column) {
        for (Index row = rows.begin; row < rows.end; ++row)
          for (Index panel = 0; panel < 2; ++panel)
            for (Index output = 0; output < 3; ++output)
              panels[static_cast<std::size_t>(panel)].column(column + row - rows.begin)[output] =
                  value_of(row, output, panel);
      },
      [&](Index first, const std::vector<Panel>& panels) {
        ++windows;
        ASSERT_EQ(panels.size(), 2U);
        ASSERT_EQ(first, next);
        next += panels[0].columns;
        for (Index panel = 0; panel < 2; ++panel)
          for (Index row = first; row < next; ++row)
            for (Index output = 0; output < 3; ++output)
              ASSERT_EQ(panels[static_cast<std::size_t>(panel)].column(row - first)[output],
                        value_of(row, output, panel))
                  << "row " << row << ", output " << output << ", panel " << panel;
      });
  EXPECT_EQ(windows, 2);
  EXPECT_EQ(next, samples);
}

TEST(PredictionWindows, HoldWhatALineGivesByHand) {
  const Matrix features = Matrix::NullaryExpr(1, samples, [](Index, Index row) { return static_cast<Scalar>(row); });
  const auto data = dataset_over(features, features);
  const TrainConfig config{.hidden = {}, .standardize = Standardize::none};
  Workers workers{2};
  Model model = fresh_model(config, *data, DataSplit{config, *data}, nullptr, world(), workers);
  const std::vector<ParameterBlock>& blocks = model.network.layout().blocks();
  ASSERT_EQ(blocks.size(), 2U);
  for (const ParameterBlock& block : blocks) model.parameters.data()[block.offset] = block.bias ? 5 : 3;
  Index next = 0;
  predict(model, *data, world(), workers, [&](Index first, ConstPanel outputs) {
    ASSERT_EQ(first, next);
    next += outputs.columns;
    for (Index row = first; row < next; ++row)
      ASSERT_EQ(outputs.column(row - first)[0], static_cast<Scalar>(3 * row + 5)) << "row " << row;
  });
  EXPECT_EQ(next, samples);
}

}  // namespace
}  // namespace lockstep
