// SPDX-License-Identifier: MIT
// Training whose gradients and parameters travel in bfloat16. That the bits are those of any shape is in
// same_bits_test.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/bf16_number.hpp"
#include "parallel/trainer.hpp"
#include "support/mpi_world.hpp"
#include "support/small_data.hpp"
#include "support/stopper.hpp"

namespace lockstep {
namespace {

using test::ClassData;
using test::Stopper;
using test::world;

TrainConfig config_of(Precision exchange) {
  return {.hidden = {17},
          .dropout = 0.3,
          .optimizer = Optimizer::adam,
          .learning_rate = 0.01,
          .batch_size = 53,
          .shard_size = 8,
          .epochs = 5,
          .exchange = exchange,
          .threads = 2};
}

TrainResult trained(const TrainConfig& config) {
  const ClassData classes;
  const auto data = classes.dataset();
  Stopper unhindered{std::numeric_limits<std::uint64_t>::max()};
  return train(config, *data, world(), unhindered);
}

TEST(ExchangeBf16, LeavesParametersThatBfloat16Holds) {
  const TrainResult result = trained(config_of(Precision::bf16));
  for (const Scalar parameter : result.model.parameters.span()) ASSERT_EQ(rounded_to_bf16(parameter), parameter);
}

TEST(ExchangeBf16, AddsUpStepsTooSmallToShowInBfloat16) {
  TrainConfig config = config_of(Precision::bf16);
  config.optimizer = Optimizer::sgd;
  config.learning_rate = 1e-5;
  config.steps = 400;
  config.dropout = 0;
  const TrainResult rounded = trained(config);
  config.exchange = Precision::float32;
  const TrainResult exact = trained(config);
  config.steps = 1;
  const TrainResult first = trained(config);
  double moved = 0;
  for (Index i = 0; i < exact.model.parameters.size(); ++i) {
    const auto at = [i](const TrainResult& result) { return static_cast<double>(result.model.parameters.data()[i]); };
    moved = std::max(moved, std::abs(at(exact) - at(first)) / std::abs(at(first)));
    // Half a unit of the last of 8 bits, and what rounded gradients, off by some such halves, change of the way.
    const double half_unit = std::abs(at(exact)) / 256;
    EXPECT_NEAR(at(rounded), at(exact), half_unit + 0.05 * std::abs(at(exact) - at(first)) + 1e-6) << "parameter " << i;
  }
  EXPECT_GT(moved, 1.0 / 128) << "the run is too short to show anything";
}

TEST(ExchangeBf16, GoesOnFromACheckpointToTheSameBits) {
  const ClassData classes;
  const auto data = classes.dataset();
  const TrainConfig config = config_of(Precision::bf16);
  Stopper unhindered{std::numeric_limits<std::uint64_t>::max()};
  const TrainResult reference = train(config, *data, world(), unhindered);
  Stopper stopper{7};
  const TrainResult first = train(config, *data, world(), stopper);
  ASSERT_TRUE(first.interrupted);
  ASSERT_EQ(stopper.saved.has_value(), world().rank() == 0);
  if (world().rank() > 0) return;
  EXPECT_EQ(stopper.saved->state.optimizer.size(), 3U);  // Adam's two and the parameters before rounding
  SerialCommunicator alone;
  EXPECT_EQ(train(config, *data, alone, unhindered, std::move(stopper.saved)).hash, reference.hash);
}

}  // namespace
}  // namespace lockstep
