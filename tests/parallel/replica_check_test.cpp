// SPDX-License-Identifier: MIT
// A replica that drifted is found and named, on every rank.
#include "parallel/replica_check.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "core/network.hpp"
#include "parallel/trainer.hpp"
#include "support/mpi_world.hpp"
#include "support/small_data.hpp"
#include "support/stopper.hpp"

namespace lockstep {
namespace {

using test::world;

/// Turns over the lowest bit of one scalar: the smallest fault that memory can have.
void flip_a_bit(Scalar& value) {
  unsigned char first = 0;
  std::memcpy(&first, &value, 1);
  first ^= 1U;
  std::memcpy(&value, &first, 1);
}

class ReplicaCheck : public testing::Test {
 protected:
  void check() { require_same_parameters(network_.layout(), parameters_.span(), 7, world(), workers_); }

  Network network_{{.inputs = 13, .hidden = {17}, .outputs = 3}};
  AlignedBuffer parameters_ = network_.initial_parameters(Initializer::he, 5);
  Workers workers_{2};
};

TEST_F(ReplicaCheck, PassesWhereAllHoldTheSame) { EXPECT_NO_THROW(check()); }

TEST_F(ReplicaCheck, FindsOneBitOfTheLastBlockOnTheLastRank) {
  const int last = world().ranks() - 1;
  const ParameterBlock& block = network_.layout().blocks().back();
  if (world().rank() == last) flip_a_bit(parameters_.data()[block.offset + block.size() - 1]);
  if (last == 0) {
    EXPECT_NO_THROW(check()) << "there is nothing to compare with";
    return;
  }
  try {
    check();
    FAIL() << "the drift was not found";
  } catch (const ReplicaError& error) {
    EXPECT_EQ(error.step(), 7U);
    EXPECT_EQ(error.block(), "output/bias");
    // Two ranks cannot tell whose fault it is.
    EXPECT_EQ(error.ranks(), last == 1 ? (std::vector<int>{0, 1}) : std::vector<int>{last});
  }
}

TEST_F(ReplicaCheck, NamesTheFirstBlockWhenSeveralDiffer) {
  if (world().ranks() == 1) GTEST_SKIP() << "one rank has no other to differ from";
  if (world().rank() == 0) {
    for (const ParameterBlock& block : network_.layout().blocks()) flip_a_bit(parameters_.data()[block.offset]);
  }
  try {
    check();
    FAIL() << "the drift was not found";
  } catch (const ReplicaError& error) {
    EXPECT_EQ(error.block(), "hidden1/weights");
  }
}

/// A state in which this rank's copy of the weights is not that of the others.
Checkpoint drifted_state(const TrainConfig& config, const Dataset& data) {
  SerialCommunicator alone;
  test::Stopper stopper{3};
  (void)train(config, data, alone, stopper);
  if (world().rank() == world().ranks() - 1) flip_a_bit(stopper.saved->model.parameters.data()[0]);
  return std::move(*stopper.saved);
}

TEST(Train, StopsInTheFirstComparisonAfterAReplicaDrifted) {
  if (world().ranks() == 1) GTEST_SKIP() << "one rank has no other to differ from";
  const test::ClassData classes{53};
  const auto data = classes.dataset();
  const TrainConfig config{.hidden = {523, 257}, .batch_size = 53, .epochs = 20, .threads = 1, .compare_every = 2};
  test::Stopper silent;
  try {
    (void)train(config, *data, world(), silent, drifted_state(config, *data));
    FAIL() << "the drift was not found";
  } catch (const ReplicaError& error) {
    EXPECT_EQ(error.step(), 4U);
    EXPECT_EQ(error.block(), "hidden1/weights");
    EXPECT_FALSE(silent.saved) << "a state was saved that not all ranks hold";
  }
}

}  // namespace
}  // namespace lockstep
