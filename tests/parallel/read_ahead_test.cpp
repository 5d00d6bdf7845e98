// SPDX-License-Identifier: MIT
// What a data set that reads ahead hears of those who take its rows.
#include "parallel/read_ahead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "parallel/input_benchmark.hpp"
#include "parallel/trainer.hpp"
#include "support/small_data.hpp"
#include "support/stopper.hpp"

namespace lockstep {
namespace {

using Indices = std::vector<Index>;

/// Remembers which rows it was asked for, and which were taken from it.
class RecordingDataset final : public Dataset {
 public:
  /// What had happened when some rows were taken.
  struct Taken {
    std::size_t rows_before = 0;
    std::size_t asked_before = 0;
  };

  explicit RecordingDataset(const Dataset& other) : other_{other} {}
  [[nodiscard]] const DatasetInfo& info() const override { return other_.info(); }
  [[nodiscard]] ReadPattern read_pattern() const override { return {.block = 1, .window = 1}; }
  void prefetch(std::span<const Index> rows) const override {
    batches_asked_.push_back(rows.size());
    asked_.insert(asked_.end(), rows.begin(), rows.end());
  }
  void gather_features(std::span<const Index> rows, const AffineTransform& transform, Panel features) const override {
    taken_when_.push_back({.rows_before = taken_.size(), .asked_before = asked_.size()});
    taken_.insert(taken_.end(), rows.begin(), rows.end());
    other_.gather_features(rows, transform, features);
  }
  void gather_labels(std::span<const Index> rows, std::span<Label> labels) const override {
    other_.gather_labels(rows, labels);
  }
  void gather_values(std::span<const Index> rows, const AffineTransform& transform, Panel values) const override {
    other_.gather_values(rows, transform, values);
  }

  [[nodiscard]] const Indices& asked() const { return asked_; }
  [[nodiscard]] const Indices& taken() const { return taken_; }
  [[nodiscard]] const std::vector<Taken>& taken_when() const { return taken_when_; }
  [[nodiscard]] const std::vector<std::size_t>& batches_asked() const { return batches_asked_; }

 private:
  const Dataset& other_;
  mutable Indices asked_;
  mutable Indices taken_;
  mutable std::vector<Taken> taken_when_;
  mutable std::vector<std::size_t> batches_asked_;
};

/// Samples that begin_batch has announced by the time when the sample at `position` of an epoch is taken.
std::size_t announced(std::size_t position, std::size_t batch, std::size_t samples) {
  return std::min(samples, (position / batch + 3) * batch);
}

/// Checks that rows were asked for as they were taken, each once, and two batches ahead. The record begins at position
/// `first` of an epoch.
void expect_two_batches_ahead(const RecordingDataset& data, std::size_t batch, std::size_t samples,
                              std::size_t first = 0) {
  ASSERT_FALSE(data.taken().empty());
  ASSERT_GE(data.asked().size(), data.taken().size());
  EXPECT_TRUE(std::equal(data.taken().begin(), data.taken().end(), data.asked().begin()));
  for (const RecordingDataset::Taken& taken : data.taken_when()) {
    const std::size_t place = first + taken.rows_before;
    EXPECT_EQ(first + taken.asked_before, place / samples * samples + announced(place % samples, batch, samples))
        << "before row " << place;
  }
}

TrainConfig config_of_one_thread() {
  return {
      .hidden = {7}, .batch_size = 37, .shard_size = 8, .epochs = 3, .standardize = Standardize::none, .threads = 1};
}

TEST(ReadAhead, TrainingAsksForEachRowOnceTwoBatchesAhead) {
  const test::ClassData classes;  // 211 samples: five batches of 37 and one of 26
  const auto samples = classes.dataset();
  const RecordingDataset data{*samples};
  (void)train(config_of_one_thread(), data);
  EXPECT_EQ(data.taken().size(), 3U * 211);
  EXPECT_EQ(data.asked().size(), 3U * 211);
  expect_two_batches_ahead(data, 37, 211);
}

TEST(ReadAhead, ARunThatGoesOnAsksFromItsOwnStepOn) {
  const test::ClassData classes;
  const auto samples = classes.dataset();
  SerialCommunicator alone;
  test::Stopper stopper{8};  // two batches into the second epoch
  (void)train(config_of_one_thread(), *samples, alone, stopper);
  ASSERT_TRUE(stopper.saved);
  test::Stopper unhindered;
  const RecordingDataset data{*samples};
  (void)train(config_of_one_thread(), data, alone, unhindered, std::move(stopper.saved));
  EXPECT_EQ(data.taken().size(), 2U * 211 - 2 * 37);
  EXPECT_EQ(data.asked().size(), data.taken().size());
  expect_two_batches_ahead(data, 37, 211, 2 * 37);
}

TEST(ReadAhead, TheBenchmarkOfInputAsksLikeTraining) {
  const test::ClassData classes;
  const auto samples = classes.dataset();
  const RecordingDataset data{*samples};
  SerialCommunicator alone;
  Workers workers{1};
  InputLoop loop{data, 37, alone, workers};
  for (Index batch = 0; batch < 2 * loop.batches() + 1; ++batch) loop.gather_batch();
  EXPECT_EQ(data.taken().size(), 11U * 37);
  expect_two_batches_ahead(data, 37, 5 * 37);
}

TEST(ReadAhead, EndsWithTheEpoch) {
  const test::ClassData classes;
  const auto samples = classes.dataset();
  const RecordingDataset data{*samples};
  SerialCommunicator alone;
  const ReadAhead ahead{data, {.samples = 211, .batch_size = 37, .shard_size = 8}, alone};
  const RowOf rows = [](Index position) { return position; };
  ahead.begin_epoch(rows, 6);
  ahead.begin_batch(rows, 4);
  EXPECT_TRUE(data.asked().empty());
  ahead.begin_batch(rows, 3);
  EXPECT_EQ(data.batches_asked(), (std::vector<std::size_t>{26}));
}

}  // namespace
}  // namespace lockstep
