// SPDX-License-Identifier: MIT
// Synthetic data sets: what they promise about samples, labels and seeds.
#include "io/synthetic/synthetic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <numeric>

#include "core/error.hpp"
#include "io/synthetic/sample_random.hpp"
#include "tests/support/temporary_file.hpp"

namespace lockstep {
namespace {

SyntheticSamples draw(const char* name, std::uint64_t seed, Range rows) {
  SyntheticSamples samples;
  synthetic_source(name, seed)->draw(rows, samples);
  return samples;
}

double share_of_ones(const std::vector<Label>& labels) {
  return static_cast<double>(std::accumulate(labels.begin(), labels.end(), 0)) / static_cast<double>(labels.size());
}

class EverySet : public testing::TestWithParam<std::string_view> {};

TEST_P(EverySet, HasAsManyValuesAsItsDescriptionSays) {
  const auto source = synthetic_source(GetParam(), 3);
  const DatasetInfo& info = source->info();
  SyntheticSamples samples;
  source->draw({5, 42}, samples);
  const auto values = static_cast<std::size_t>(37 * info.features);
  EXPECT_EQ(samples.bytes.size(), info.byte_features ? values : 0U);
  EXPECT_EQ(samples.floats.size(), info.byte_features ? 0U : values);
  EXPECT_EQ(samples.labels.size(), info.task == Task::classification ? 37U : 0U);
  EXPECT_EQ(samples.values.size(), info.task == Task::regression ? 37U : 0U);
  EXPECT_EQ(info.class_names.size(), static_cast<std::size_t>(info.classes));
}

TEST_P(EverySet, ASampleDependsOnSeedAndNumberAlone) {
  const std::string name{GetParam()};
  const SyntheticSamples whole = draw(name.c_str(), 7, {0, 101});
  SyntheticSamples parts;
  const auto source = synthetic_source(name, 7);
  for (const Range rows : {Range{0, 13}, Range{13, 14}, Range{14, 101}}) source->draw(rows, parts);
  EXPECT_EQ(parts.bytes, whole.bytes);
  EXPECT_EQ(parts.floats, whole.floats);
  EXPECT_EQ(parts.labels, whole.labels);
  EXPECT_EQ(parts.values, whole.values);
}

TEST_P(EverySet, AnotherSeedGivesOtherSamples) {
  const std::string name{GetParam()};
  const SyntheticSamples one = draw(name.c_str(), 1, {0, 29});
  const SyntheticSamples other = draw(name.c_str(), 2, {0, 29});
  EXPECT_TRUE(one.bytes != other.bytes || one.floats != other.floats);
}

std::vector<std::string_view> all_names() {
  std::vector<std::string_view> names;
  for (const SyntheticName& entry : synthetic_names()) names.push_back(entry.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Synthetic, EverySet, testing::ValuesIn(all_names()),
                         [](const auto& set) { return std::string{set.param}; });

TEST(Synthetic, KindsAreBalancedInEveryRunAndInRandomOrder) {
  const StreamKey key = stream_key(5, Purpose::synthetic);
  std::vector<std::vector<Index>> runs;
  for (Index run = 0; run < 31; ++run) {
    std::vector<Index> kinds;
    for (Index i = 0; i < 7; ++i) kinds.push_back(balanced_kind(key, run * 7 + i, 7));
    std::vector<Index> sorted = kinds;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, (std::vector<Index>{0, 1, 2, 3, 4, 5, 6}));
    runs.push_back(kinds);
  }
  EXPECT_NE(runs[0], runs[1]);
  EXPECT_NE(runs[1], runs[2]);
}

TEST(Synthetic, DigitsAreBalancedAndDrawnBrightOnDark) {
  const SyntheticSamples samples = draw("digits", 1, {0, 200});
  for (Label digit = 0; digit < 10; ++digit) {
    EXPECT_EQ(std::count(samples.labels.begin(), samples.labels.end(), digit), 20) << digit;
  }
  for (std::size_t image = 0; image < 200; ++image) {
    const auto* pixels = samples.bytes.data() + image * 784;
    const auto bright = std::count_if(pixels, pixels + 784, [](std::uint8_t value) { return value > 128; });
    EXPECT_GT(bright, 20) << "image " << image;
    EXPECT_LT(bright, 350) << "image " << image;
  }
}

TEST(Synthetic, LogicPointsLieNearTheirCornersAndAreLabelledByThem) {
  struct Case {
    const char* name;
    bool (*rule)(int ones, int inputs);
    double share;
  };
  const std::vector<Case> cases{{"and", [](int ones, int inputs) { return ones == inputs; }, 0.25},
                                {"or", [](int ones, int) { return ones > 0; }, 0.75},
                                {"xor", [](int ones, int) { return ones == 1; }, 0.5},
                                {"parity", [](int ones, int) { return ones % 2 == 1; }, 0.5}};
  for (const Case& one : cases) {
    const auto source = synthetic_source(one.name, 11);
    const auto inputs = static_cast<int>(source->info().features);
    SyntheticSamples samples;
    source->draw({0, 160}, samples);
    for (std::size_t i = 0; i < 160; ++i) {
      int ones = 0;
      for (int input = 0; input < inputs; ++input) {
        const float value = samples.floats[i * static_cast<std::size_t>(inputs) + static_cast<std::size_t>(input)];
        EXPECT_LE(std::abs(value - std::round(value)), 0.1001F);
        if (value > 0.5F) ++ones;
      }
      EXPECT_EQ(samples.labels[i] == 1, one.rule(ones, inputs)) << one.name << " sample " << i;
    }
    EXPECT_EQ(share_of_ones(samples.labels), one.share) << one.name;
  }
}

TEST(Synthetic, RingLabelsAreTheNormsBetweenOneAndTwo) {
  const SyntheticSamples samples = draw("ring", 13, {0, 10'007});
  for (std::size_t i = 0; i < samples.labels.size(); ++i) {
    const double norm =
        std::hypot(static_cast<double>(samples.floats[2 * i]), static_cast<double>(samples.floats[2 * i + 1]));
    ASSERT_EQ(samples.labels[i] == 1, norm >= 1 && norm <= 2) << norm;
  }
  EXPECT_NEAR(share_of_ones(samples.labels), 3 * std::numbers::pi / 25, 0.015)
      << "area of the ring by area of the square";
}

TEST(Synthetic, ModesAreThreeBlobsThatNoLineCutsOff) {
  const SyntheticSamples samples = draw("modes", 13, {0, 10'007});
  EXPECT_NEAR(share_of_ones(samples.labels), 3 * std::numbers::pi * 0.64 / 25, 0.015)
      << "area of the discs by area of the square";
  for (std::size_t i = 0; i < samples.labels.size(); ++i) {
    const double x = static_cast<double>(samples.floats[2 * i]);
    const double y = static_cast<double>(samples.floats[2 * i + 1]);
    if (std::hypot(x, y) < 0.69 || std::hypot(x, y) > 2.31) {
      ASSERT_EQ(samples.labels[i], 0) << "the centre and the rim are rest";
    }
    if (std::hypot(x, y - 1.5) < 0.79) {
      ASSERT_EQ(samples.labels[i], 1);
    }
  }
}

TEST(Synthetic, LineHasSlopeOneHalfAndInterceptFour) {
  const SyntheticSamples samples = draw("line", 17, {0, 10'007});
  double x_sum = 0;
  double y_sum = 0;
  double xx_sum = 0;
  double xy_sum = 0;
  const auto count = static_cast<double>(samples.values.size());
  for (std::size_t i = 0; i < samples.values.size(); ++i) {
    const auto x = static_cast<double>(samples.floats[i]);
    const auto y = static_cast<double>(samples.values[i]);
    x_sum += x;
    y_sum += y;
    xx_sum += x * x;
    xy_sum += x * y;
  }
  const double slope = (count * xy_sum - x_sum * y_sum) / (count * xx_sum - x_sum * x_sum);
  EXPECT_NEAR(slope, 0.5, 0.002);
  EXPECT_NEAR((y_sum - slope * x_sum) / count, 4, 0.005);
}

TEST(Synthetic, UnknownNamesAreErrorsThatSuggestTheNearest) {
  try {
    (void)synthetic_source("digit", 1);
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_STREQ(error.what(),
                 "unknown data set 'digit'; known are digits, and, or, xor, parity, ring, modes, line; did you mean "
                 "'digits'?");
  }
}

TEST(Synthetic, WrittenSamplesAreTheOnesDrawn) {
  const TemporaryFile file;
  write_synthetic("digits", 1031, 19, {.path = file.path(), .layout = {}, .replace = false});
  const auto data = open_dataset(file.path());
  EXPECT_EQ(data->info().samples, 1031);
  EXPECT_EQ(data->info().feature_shape, (std::vector<Index>{28, 28}));
  EXPECT_TRUE(data->info().byte_features);
  const SyntheticSamples last = draw("digits", 19, {1030, 1031});
  Label label = 0;
  data->gather_labels(std::vector<Index>{1030}, {&label, 1});
  EXPECT_EQ(label, last.labels.front());
}

TEST(Synthetic, NoSamplesAreAnErrorAndNothingIsWritten) {
  const TemporaryFile file;
  try {
    write_synthetic("xor", 0, 1, {.path = file.path(), .layout = {}, .replace = false});
    FAIL();
  } catch (const RequestError& error) {
    EXPECT_STREQ(error.what(), "--samples: 0 is not a number of samples; at least 1");
  }
  EXPECT_FALSE(std::filesystem::exists(file.path()));
}

}  // namespace
}  // namespace lockstep
