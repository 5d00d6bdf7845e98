// SPDX-License-Identifier: MIT
// What a run is made of before its first step: cuts, slices, splits, scaling, workers.
#include <gtest/gtest.h>

#include <Eigen/Core>
#include <cfenv>
#include <limits>
#include <set>

#include "core/network.hpp"
#include "parallel/data_split.hpp"
#include "parallel/floating_point_mode.hpp"
#include "parallel/slices.hpp"
#include "parallel/standardization.hpp"
#include "parallel/work_plan.hpp"
#include "support/small_data.hpp"

namespace lockstep {
namespace {

using test::ClassData;
using test::ValueData;

TEST(WorkPlan, ChoosesShardsFromTheBatchAlone) {
  EXPECT_EQ(plan_work(32).shard_size, 16);
  EXPECT_EQ(plan_work(1024).shard_size, 256);
  EXPECT_EQ(plan_work(100000).shard_size, 512);
  EXPECT_EQ(plan_work(5).shard_size, 5);
  EXPECT_EQ(plan_work(53, 8).shard_size, 8);
}

TEST(WorkPlan, AdvisesWhereRanksWouldHaveNothingToDo) {
  EXPECT_EQ(idle_ranks_advice({.shard_size = 512}, 8192, 16), "");
  const std::string advice = idle_ranks_advice({.shard_size = 512}, 8192, 61);
  EXPECT_NE(advice.find("8192 samples of a step are 16 shards of 512, so 45 of 61 ranks have none"), std::string::npos)
      << advice;
  EXPECT_NE(advice.find("--shard-size 128 "), std::string::npos) << advice;
  EXPECT_EQ(idle_ranks_advice({.shard_size = 128}, 8192, 61), "") << "as advised";
  EXPECT_NE(idle_ranks_advice({.shard_size = 7}, 7, 7).find("1 shard of 7, so 6 of 7 ranks have none"),
            std::string::npos);
  EXPECT_NE(idle_ranks_advice({.shard_size = 7}, 7, 7).find("--shard-size 1 "), std::string::npos);
}

TEST(Cut, CoversEverythingOnce) {
  EXPECT_EQ(cut(784, 512), (std::vector<Range>{{0, 400}, {400, 784}}));
  EXPECT_EQ(cut(37, 512), (std::vector<Range>{{0, 37}}));
  EXPECT_TRUE(cut(0, 512).empty());
}

TEST(Pieces, OfNarrowShardsStayInASecondLevelCacheAndThoseOfWideOnesAreLarge) {
  const Network network{{.inputs = 2048, .hidden = {2048, 128}, .outputs = 10, .output = Activation::softmax}};
  const auto& layers = network.layers();
  EXPECT_EQ(forward_pieces(*layers[0], 16).front(), (Range{0, 128}));
  EXPECT_EQ(forward_pieces(*layers[0], 65).front(), (Range{0, 512}));
  EXPECT_EQ(forward_pieces(*layers[1], 64).front(), (Range{0, 64}));
  EXPECT_EQ(forward_pieces(*layers[1], 65).front(), (Range{0, 128}));
  EXPECT_EQ(backward_pieces(*layers[1], 16).front(), (Range{0, 512}));
  EXPECT_EQ(backward_pieces(*layers[2], 16).front(), (Range{0, 64}));
  EXPECT_EQ(forward_pieces(*layers[2], 16), (std::vector<Range>{{0, 10}})) << "softmax takes whole columns";
}

TEST(TileSize, GivesSmallLayersSeveralTilesAndLargeOnesTilesThatFitIntoCaches) {
  EXPECT_EQ(tile_size(2048, 2048), (TileSize{512, 256}));
  EXPECT_EQ(tile_size(784, 128), (TileSize{256, 64}));
  EXPECT_EQ(tile_size(13, 7), (TileSize{16, 16}));
}

TEST(Slices, ShareEveryUnitOutOnce) {
  const Network network{{.inputs = 13, .hidden = {17}, .outputs = 3}};
  for (const int ranks : {1, 2, 5, 23}) {
    const Slices slices{network.layout(), ranks};
    std::set<Index> owned;
    for (int rank = 0; rank < ranks; ++rank) {
      Index size = 0;
      for (const SlicePiece& piece : slices.of(rank)) {
        EXPECT_EQ(piece.offset_in_slice, size);
        size += piece.size();
        for (Index i = 0; i < piece.size(); ++i) EXPECT_TRUE(owned.insert(piece.offset + i).second);
      }
      EXPECT_EQ(size, slices.size(rank));
    }
    EXPECT_EQ(static_cast<Index>(owned.size()), network.layout().parameters());
  }
}

TEST(DataSplit, PutsEachRowInOnePartAndVisitsItOnceAnEpoch) {
  const ClassData classes;
  const auto data = classes.dataset();
  const DataSplit split{{.validation = 0.2}, *data};
  EXPECT_EQ(split.validation_samples(), 42);
  std::set<Index> held_out_rows;
  for (Index i = 0; i < 42; ++i) held_out_rows.insert(split.validation_rows()(i));
  EXPECT_EQ(held_out_rows.size(), 42U);
  std::vector<Index> first_epoch;
  std::vector<Index> second_epoch;
  std::set<Index> visited;
  for (Index i = 0; i < split.training_samples(); ++i) {
    first_epoch.push_back(split.epoch_rows(0)(i));
    second_epoch.push_back(split.epoch_rows(1)(i));
    visited.insert(first_epoch.back());
    EXPECT_EQ(held_out_rows.count(first_epoch.back()), 0U);
  }
  EXPECT_EQ(visited.size(), 169U);
  EXPECT_NE(first_epoch, second_epoch);
}

/// A data set that is stored in chunks of 8 rows, of which 3 fit in memory together, or otherwise.
class InChunks final : public Dataset {
 public:
  explicit InChunks(const Dataset& data, ReadPattern pattern = {.block = 8, .window = 3})
      : data_{data}, pattern_{pattern} {}
  [[nodiscard]] const DatasetInfo& info() const override { return data_.info(); }
  [[nodiscard]] ReadPattern read_pattern() const override { return pattern_; }
  void gather_features(std::span<const Index> rows, const AffineTransform& transform, Panel features) const override {
    data_.gather_features(rows, transform, features);
  }
  void gather_labels(std::span<const Index> rows, std::span<Label> labels) const override {
    data_.gather_labels(rows, labels);
  }
  void gather_values(std::span<const Index> rows, const AffineTransform& transform, Panel values) const override {
    data_.gather_values(rows, transform, values);
  }

 private:
  const Dataset& data_;
  ReadPattern pattern_;
};

/// So is a contiguous file that memory does not hold: the order must be that of a machine with more memory.
TEST(DataSplit, TakesRowsThatAreReadOneByOneAsThoseInMemory) {
  const ClassData classes;
  const auto data = classes.dataset();
  const InChunks one_by_one{*data, {.block = 1, .window = 1}};
  const TrainConfig config{.seed = 3, .validation = 0.2};
  const DataSplit expected{config, *data};
  const DataSplit split{config, one_by_one};
  ASSERT_EQ(split.training_samples(), expected.training_samples());
  for (Index i = 0; i < split.training_samples(); ++i) EXPECT_EQ(split.epoch_rows(2)(i), expected.epoch_rows(2)(i));
  ASSERT_EQ(split.validation_samples(), expected.validation_samples());
  for (Index i = 0; i < split.validation_samples(); ++i)
    EXPECT_EQ(split.validation_rows()(i), expected.validation_rows()(i));
}

TEST(DataSplit, ReadsEachChunkOfAFileOnceAnEpoch) {
  const ClassData classes;  // 211 samples: 26 chunks and 3 rows
  const auto data = classes.dataset();
  const InChunks chunked{*data};
  std::set<std::set<Index>> held_out_parts;
  for (std::uint64_t seed = 1; seed < 9; ++seed) {
    const DataSplit split{{.seed = seed, .validation = 40}, chunked};
    std::set<Index> rows;
    std::set<Index> held_out_rows;
    for (Index i = 0; i < 40; ++i) held_out_rows.insert(split.validation_rows()(i));
    ASSERT_EQ(held_out_rows.size(), 40U);
    held_out_parts.insert(held_out_rows);
    std::map<Index, std::pair<Index, Index>> span_of_chunk;  // the first and the last position of each chunk's rows
    for (Index position = 0; position < split.training_samples(); ++position) {
      const Index row = split.epoch_rows(5)(position);
      EXPECT_EQ(held_out_rows.count(row), 0U);
      rows.insert(row);
      span_of_chunk.try_emplace(row / 8, position, position).first->second.second = position;
    }
    EXPECT_EQ(rows.size(), 171U);
    EXPECT_EQ(span_of_chunk.size(), 22U) << "no chunk is in both parts";
    for (const auto& [chunk, span] : span_of_chunk)
      EXPECT_LT(span.second - span.first, 3 * 8) << "chunk " << chunk << ", seed " << seed;
  }
  EXPECT_GT(held_out_parts.size(), 5U) << "drawn by seed";
}

TEST(DataSplit, HoldsOutOfAFileOfOneChunk) {
  const ClassData classes{7};
  const auto data = classes.dataset();
  const InChunks chunked{*data};
  for (const double held : {1.0, 6.0}) {
    const DataSplit split{{.validation = held}, chunked};
    std::set<Index> rows;
    for (Index i = 0; i < split.training_samples(); ++i) rows.insert(split.epoch_rows(0)(i));
    for (Index i = 0; i < split.validation_samples(); ++i) rows.insert(split.validation_rows()(i));
    EXPECT_EQ(rows.size(), 7U);
    EXPECT_EQ(*rows.rbegin(), 6);
  }
}

TEST(DataSplit, TrainsOnAsManySamplesAsAskedForAndHoldsOutTheSameOnes) {
  const ClassData classes;
  const auto data = classes.dataset();
  const DataSplit whole{{.seed = 3, .validation = 40}, *data};
  const DataSplit part{{.seed = 3, .train_samples = 37, .validation = 40}, *data};
  EXPECT_EQ(part.training_samples(), 37);
  EXPECT_EQ(part.validation_samples(), 40);
  for (Index i = 0; i < 40; ++i) EXPECT_EQ(part.validation_rows()(i), whole.validation_rows()(i));
  std::set<Index> rows;
  for (Index i = 0; i < 37; ++i) {
    EXPECT_EQ(part.training_rows()(i), whole.training_rows()(i)) << "smaller parts are parts of larger ones";
    rows.insert(part.epoch_rows(2)(i));
  }
  EXPECT_EQ(rows.size(), 37U);
  // Nothing held out: still drawn, not the first of the file.
  const DataSplit drawn{{.seed = 3, .train_samples = 37}, *data};
  std::set<Index> drawn_rows;
  for (Index i = 0; i < 37; ++i) drawn_rows.insert(drawn.training_rows()(i));
  EXPECT_GT(*drawn_rows.rbegin(), 100);
  EXPECT_EQ(training_samples({.train_samples = 400}, 211), 211);
}

TEST(HeldOut, IsACountOrAFraction) {
  EXPECT_EQ(held_out(0.25, 101), 25);
  EXPECT_EQ(held_out(31, 101), 31);
  EXPECT_EQ(held_out(0, 101), 0);
  EXPECT_EQ(held_out(1e300, 101), 101);
}

TEST(FitTransforms, GivesZeroMeanAndUnitVariance) {
  const ValueData values{1031};
  const auto data = values.dataset();
  SerialCommunicator alone;
  Workers workers{3};
  const Samples all{.data = *data, .row_of = [](Index i) { return i; }, .samples = 1031};
  const Transforms transforms = fit_transforms(Standardize::automatic, all, alone, workers);
  for (Index feature = 0; feature < 13; ++feature) {
    const auto f = static_cast<std::size_t>(feature);
    const Eigen::ArrayXd scaled =
        (values.features.row(feature).cast<double>().array() - static_cast<double>(transforms.input.shift[f])) *
        static_cast<double>(transforms.input.factor[f]);
    EXPECT_NEAR(scaled.mean(), 0, 1e-6);
    EXPECT_NEAR(scaled.square().mean(), 1, 1e-5);
  }
  EXPECT_NEAR(transforms.target.shift[0], values.values.row(0).mean(), 1e-3);
  EXPECT_TRUE(fit_transforms(Standardize::none, all, alone, workers).input.factor.empty());
}

TEST(FloatingPointMode, RoundsToNearestAndLeavesTheCallersModeBehind) {
  // Volatile, so that sums are made when the program runs.
  volatile Scalar one = 1;
  volatile Scalar little = std::numeric_limits<Scalar>::epsilon() / 4;
  ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
  const Scalar before = one + little;
  Scalar inside = 0;
  {
    const FloatingPointMode mode;
    inside = one + little;
  }
  const Scalar after = one + little;
  std::fesetround(FE_TONEAREST);
  EXPECT_GT(before, 1);
  EXPECT_EQ(inside, 1);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace lockstep
