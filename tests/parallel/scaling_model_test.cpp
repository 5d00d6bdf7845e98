// SPDX-License-Identifier: MIT
// The cost model against times that were made by its formula, term by term.
#include "parallel/scaling_model.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace lockstep {
namespace {

constexpr double flops = 2e9;
constexpr double sums = 5e8;
constexpr double latency = 5e-6;
constexpr double bandwidth = 1e9;
constexpr double scalar_bytes = sizeof(Scalar);

/// 13-7-3, 112 weights and 10 biases, on one host.
ScalingPoint point(Index batch, int ranks, int threads) {
  return {.what = {.sizes = {13, 7, 3}, .batch_size = batch, .shard_size = 16},
          .shape = {.ranks = ranks, .threads = threads, .ranks_per_host = 8}};
}

/// By hand, for whole shards on 1, 2 or 8 ranks. The busiest rank owns all 122; four units of 14 and two of 8; or one
/// of each.
double seconds(const ScalingPoint& at) {
  const ScalingShape& shape = at.shape;
  const double samples = static_cast<double>(at.what.batch_size) / shape.ranks;
  const double slice = shape.ranks == 1 ? 122 : shape.ranks == 2 ? 4 * 14 + 2 * 8 : 14 + 8;
  const double others = shape.ranks - 1;
  return (6 * 112 - 2 * 91) * samples / shape.threads / flops +
         (122 * (samples / 16 + 1) + slice * others) / shape.threads / sums + 3 * others * latency +
         2 * others * slice * scalar_bytes / bandwidth;
}

ScalingModel::MeasuredExchange exchange(Index floats, int ranks) {
  const double slice = static_cast<double>(floats) / ranks;
  const double others = ranks - 1;
  return {.floats = floats,
          .leaves = 8,
          .shape = {.ranks = ranks, .threads = 1, .ranks_per_host = ranks},
          .seconds = 2 * others * latency + 2 * others * slice * scalar_bytes / bandwidth + slice * ranks / sums};
}

ScalingModel fitted() {
  std::vector<ScalingModel::MeasuredStep> steps;
  for (const Index batch : {128, 1024, 16384})
    for (const int ranks : {1, 2, 8})
      for (const int threads : {1, 2})
        steps.push_back({point(batch, ranks, threads), seconds(point(batch, ranks, threads))});
  return ScalingModel::fitted(steps, {exchange(64, 2), exchange(100'000, 2), exchange(100'000, 8)});
}

TEST(ScalingModel, FindsTheRatesThatTimesWereMadeOf) {
  const ScalingModel model = fitted();
  EXPECT_NEAR(model.compute_flops(), flops, 1e-6 * flops);
  EXPECT_NEAR(model.merge_additions(), sums, 1e-6 * sums);
  ASSERT_TRUE(model.inside_host());
  EXPECT_NEAR(model.inside_host()->latency_seconds, latency, 1e-6 * latency);
  EXPECT_NEAR(model.inside_host()->bytes_per_second, bandwidth, 1e-6 * bandwidth);
  EXPECT_FALSE(model.between_hosts());
}

TEST(ScalingModel, ForetellsStepsThatItHasNotSeen) {
  for (const ScalingPoint& at : {point(512, 8, 4), point(4096, 2, 3)})
    EXPECT_NEAR(fitted().forecast(at, Route::direct).seconds / seconds(at), 1, 1e-6);
}

TEST(ScalingModel, CountsTheSamplesOfTheBusiestRank) {
  // 9 shards over 8 ranks: one has two.
  const double one = fitted().forecast(point(128, 8, 1), Route::direct).computation;
  const double two = fitted().forecast(point(144, 8, 1), Route::direct).computation;
  EXPECT_GT(two, one + 16 * (6 * 112 - 2 * 91) / flops);
}

/// Of 4 ranks on 2 hosts the busiest rank owns 36 parameters, the busiest pair of ranks, on one host or one on each,
/// twice as many.
ScalingPoint on_two_hosts(Index batch) {
  ScalingPoint at = point(batch, 4, 1);
  at.shape.ranks_per_host = 2;
  return at;
}

TEST(ScalingModel, SendsEachRankAMessageOrEachHostOne) {
  constexpr double slow = 1e-3;
  constexpr double narrow = 1e6;
  const ScalingModel model = fitted().with_network({.latency_seconds = slow, .bytes_per_second = narrow});
  const double inside = 3 * latency;
  EXPECT_NEAR(model.forecast(on_two_hosts(128), Route::direct).communication,
              inside + 2 * 36 * scalar_bytes / bandwidth + 3 * 2 * slow + 2 * 2 * 72 * scalar_bytes / narrow, 1e-12);
  EXPECT_NEAR(model.forecast(on_two_hosts(128), Route::by_hosts).communication,
              inside + 2 * 72 * scalar_bytes / bandwidth + 3 * slow + 2 * 72 * scalar_bytes / narrow, 1e-12);
}

TEST(ScalingModel, HidesTheFiguresOfTheBatchButNotTheOnlyParcel) {
  const ScalingModel model = fitted().with_network({.latency_seconds = 1e-6, .bytes_per_second = 1e12});
  const StepForecast step = model.forecast(on_two_hosts(16384), Route::by_hosts);
  EXPECT_NEAR(step.seconds, step.computation + step.communication - 1e-6, 1e-9);
  EXPECT_NEAR(step.exposed(), 1 - step.computation / step.seconds, 1e-12);
}

TEST(ScalingModel, HidesMostOfTheParcelsOfALargeNetwork) {
  ScalingPoint large{.what = {.sizes = {101, 2003, 1999, 7}, .batch_size = 4096, .shard_size = 256},
                     .shape = {.ranks = 2, .threads = 1, .ranks_per_host = 1}};
  const ScalingModel model = fitted().with_network({.latency_seconds = 1e-6, .bytes_per_second = 1e7});
  const StepForecast step = model.forecast(large, Route::direct);
  EXPECT_LT(step.seconds, step.computation + 0.1 * step.communication);
  EXPECT_GT(step.seconds, step.computation);
  large.what.batch_size = 32;  // the network is the slower of the two
  large.what.shard_size = 16;
  const StepForecast few = model.forecast(large, Route::direct);
  EXPECT_GT(few.communication, few.computation);
  EXPECT_LT(few.seconds, few.computation + few.communication);
  EXPECT_GT(few.seconds, few.communication);
}

TEST(ScalingModel, KnowsThatSlicesAreWholeUnits) {
  // From 7 ranks on somebody owns a unit of each layer, 22 parameters, and hears of them from all others.
  const ScalingModel model = fitted().with_network({.latency_seconds = 0, .bytes_per_second = 1e6});
  for (const int ranks : {8, 64, 512}) {
    ScalingPoint at = point(16 * 512, ranks, 1);
    at.shape.ranks_per_host = 1;
    EXPECT_NEAR(model.forecast(at, Route::direct).communication, 2 * 22 * scalar_bytes * (ranks - 1) / 1e6, 1e-9);
  }
}

TEST(ScalingModel, NeedsANetworkForSeveralHosts) {
  EXPECT_THROW((void)fitted().forecast(on_two_hosts(128), Route::direct), std::logic_error);
}

TEST(ScalingModel, LearnsOfTheNetworkFromExchangesBetweenHosts) {
  // One rank on each of two and of four hosts: 2 and 6 messages.
  std::vector<ScalingModel::MeasuredExchange> exchanges{exchange(64, 2), exchange(100'000, 2), exchange(100'000, 4)};
  for (ScalingModel::MeasuredExchange& one : exchanges) one.shape.ranks_per_host = 1;
  std::vector<ScalingModel::MeasuredStep> steps;
  for (const Index batch : {128, 16384}) steps.push_back({point(batch, 1, 1), seconds(point(batch, 1, 1))});
  // It would only mislead: what overlaps is not seen in a sum.
  ScalingPoint two = point(1024, 2, 1);
  two.shape.ranks_per_host = 1;
  steps.push_back({two, 1.0});
  const ScalingModel model = ScalingModel::fitted(steps, exchanges);
  EXPECT_FALSE(model.inside_host());
  ASSERT_TRUE(model.between_hosts());
  EXPECT_NEAR(model.between_hosts()->latency_seconds, latency, 1e-6 * latency);
  EXPECT_NEAR(model.between_hosts()->bytes_per_second, bandwidth, 1e-6 * bandwidth);
}

TEST(ScalingModel, LeavesOutWhatWouldBeNegative) {
  // Less time where there are messages: nothing a latency or a bandwidth could explain.
  const ScalingModel model = ScalingModel::fitted(
      {{point(16, 1, 1), 1e-3}, {point(16, 2, 1), 1e-4}, {point(32, 2, 1), 2e-4}}, {exchange(64, 2)});
  ASSERT_TRUE(model.inside_host());
  EXPECT_GE(model.inside_host()->latency_seconds, 0);
  EXPECT_GT(model.inside_host()->bytes_per_second, 0);
  EXPECT_GT(model.compute_flops(), 0);
}

TEST(ScalingModel, CutsShardsSmallEnoughForAllRanks) {
  EXPECT_EQ(shard_size_for(1024, 2), 256);  // that of training
  EXPECT_EQ(shard_size_for(1024, 64), 16);
  EXPECT_EQ(shard_size_for(1000, 64), 8);
  EXPECT_EQ(shard_size_for(37, 64), 1);
}

}  // namespace
}  // namespace lockstep
