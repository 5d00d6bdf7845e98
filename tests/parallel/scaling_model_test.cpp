// SPDX-License-Identifier: MIT
// The cost model against times that were made by its formula, term by term.
#include "parallel/scaling_model.hpp"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

/// 13-7-3: 112 weights and 10 biases.
ScalingPoint point(Index batch, int ranks, int threads) {
  return {.what = {.sizes = {13, 7, 3}, .batch_size = batch, .shard_size = 16}, .ranks = ranks, .threads = threads};
}

/// By hand: 2 GFLOP/s a worker, 5 us a message, 1 GB/s.
double seconds(const ScalingPoint& at) {
  const double flop_of_sample = 6 * 112 - 2 * 91;
  const int workers = at.ranks * at.threads;
  const auto samples = static_cast<double>((at.what.batch_size + workers - 1) / workers);
  const double others = static_cast<double>(at.ranks - 1) / at.ranks;
  return flop_of_sample * samples / 2e9 + 5e-6 * 2 * (at.ranks - 1) + 2 * sizeof(Scalar) * 122 * others / 1e9;
}

ScalingModel fitted() {
  std::vector<ScalingModel::Measured> measured;
  for (const Index batch : {16, 160, 16000})
    for (const int ranks : {1, 2, 3, 8})
      for (const int threads : {1, 2})
        measured.push_back({point(batch, ranks, threads), seconds(point(batch, ranks, threads))});
  return ScalingModel::fitted(measured);
}

TEST(ScalingModel, FindsTheRatesThatTimesWereMadeOf) {
  const ScalingModel model = fitted();
  EXPECT_NEAR(model.compute_flops(), 2e9, 2e3);
  EXPECT_NEAR(model.latency_seconds(), 5e-6, 1e-9);
  EXPECT_NEAR(model.bandwidth_bytes(), 1e9, 1e6);
}

TEST(ScalingModel, ForetellsShapesThatItHasNotSeen) {
  for (const ScalingPoint& at : {point(700, 64, 4), point(100, 5, 3)})
    EXPECT_NEAR(fitted().seconds(at) / seconds(at), 1, 1e-6);
}

TEST(ScalingModel, TakesAnotherNetwork) {
  const ScalingModel model = fitted().with_network(1e-3, 1e6);
  const double bytes = 2 * sizeof(Scalar) * 122 * 0.5;
  EXPECT_NEAR(model.communication_seconds(point(16, 2, 1)), 2e-3 + bytes / 1e6, 1e-12);
}

TEST(ScalingModel, LeavesOutWhatWouldBeNegative) {
  // Less time where there are messages: nothing a latency or a bandwidth could explain.
  const ScalingModel model =
      ScalingModel::fitted({{point(16, 1, 1), 1e-3}, {point(16, 2, 1), 1e-4}, {point(32, 2, 1), 2e-4}});
  EXPECT_GE(model.latency_seconds(), 0);
  EXPECT_GT(model.bandwidth_bytes(), 0);
}

}  // namespace
}  // namespace lockstep
