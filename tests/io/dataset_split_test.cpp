// SPDX-License-Identifier: MIT
// Splitting: every sample in exactly one part, with its own target; and summaries.
#include "io/dataset_split.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "core/aligned_buffer.hpp"
#include "core/error.hpp"
#include "io/dataset_summary.hpp"
#include "io/table_schema.hpp"
#include "tests/support/file_size_limit.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/temporary_file.hpp"

namespace lockstep {
namespace {

constexpr Index samples = 1009;

/// Features (i, -i, i + 0.5) and target 2 i: a sample tells its own number.
void write_numbered(const std::string& path, DatasetLayout layout) {
  DatasetInfo info;
  info.task = Task::regression;
  info.features = 3;
  info.feature_names = {"a", "b", "c"};
  info.target_names = {"y"};
  DatasetWriter writer{path, info, layout, true, {{std::string{schema_attribute}, "a schema"}}};
  for (Index i = 0; i < samples; ++i) {
    const auto number = static_cast<float>(i);
    writer.append_floats(std::vector<float>{number, -number, number + 0.5F});
    writer.append_values(std::vector<float>{2 * number});
  }
  writer.close();
}

/// The numbers of the samples, in order; checks that features and target belong together.
std::vector<Index> numbers_in(const std::string& path) {
  const auto data = open_dataset(path);
  std::vector<Index> rows(static_cast<std::size_t>(data->info().samples));
  std::iota(rows.begin(), rows.end(), Index{0});
  const auto count = static_cast<Index>(rows.size());
  AlignedBuffer features{panel_scalars(3, count)};
  AlignedBuffer values{panel_scalars(1, count)};
  const Panel feature_panel{features.data(), 3, count, padded(3)};
  const Panel value_panel{values.data(), 1, count, padded(1)};
  data->gather_features(rows, {}, feature_panel);
  data->gather_values(rows, {}, value_panel);
  std::vector<Index> numbers;
  for (Index i = 0; i < count; ++i) {
    const Scalar number = feature_panel.column(i)[0];
    EXPECT_EQ(feature_panel.column(i)[1], -number);
    EXPECT_EQ(feature_panel.column(i)[2], number + Scalar(0.5));
    EXPECT_EQ(value_panel.column(i)[0], 2 * number);
    numbers.push_back(static_cast<Index>(number));
  }
  return numbers;
}

struct Parts {
  std::vector<Index> first;
  std::vector<Index> rest;
};

class DatasetSplitTest : public testing::Test {
 protected:
  Parts split(DatasetSplit request, DatasetLayout input_layout = {}, DatasetLayout output_layout = {}) {
    write_numbered(input_.path(), input_layout);
    request.input = input_.path();
    split_dataset(request, {.path = first_.path(), .layout = output_layout, .replace = true},
                  {.path = rest_.path(), .layout = output_layout, .replace = true});
    return {numbers_in(first_.path()), numbers_in(rest_.path())};
  }

  std::string failure(const DatasetSplit& request) {
    try {
      (void)split(request);
    } catch (const RequestError& error) {
      return std::string{error.what()}.substr(0, std::string{error.what()}.find(" in /"));
    }
    return "no failure";
  }

  TemporaryFile input_;
  TemporaryFile first_;
  TemporaryFile rest_;
};

std::vector<Index> all_sorted(const Parts& parts) {
  std::vector<Index> all = parts.first;
  all.insert(all.end(), parts.rest.begin(), parts.rest.end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<Index> counting() {
  std::vector<Index> numbers(samples);
  std::iota(numbers.begin(), numbers.end(), Index{0});
  return numbers;
}

TEST_F(DatasetSplitTest, WithoutShufflingTheFirstSamplesComeFirst) {
  const Parts parts = split({.input = {}, .first_samples = 307});
  std::vector<Index> joined = parts.first;
  joined.insert(joined.end(), parts.rest.begin(), parts.rest.end());
  EXPECT_EQ(parts.first.size(), 307U);
  EXPECT_EQ(joined, counting());
}

TEST_F(DatasetSplitTest, ShuffledEverySampleIsInExactlyOnePart) {
  const Parts parts = split({.input = {}, .first_samples = 307, .shuffle = true, .seed = 5});
  EXPECT_EQ(parts.first.size(), 307U);
  EXPECT_EQ(all_sorted(parts), counting());
  EXPECT_FALSE(std::is_sorted(parts.first.begin(), parts.first.end()));
  EXPECT_FALSE(std::is_sorted(parts.rest.begin(), parts.rest.end()));
}

TEST_F(DatasetSplitTest, WhoGoesFirstDependsOnTheSeedAndNotOnStorage) {
  const auto first_sorted = [&](std::uint64_t seed, DatasetLayout layout) {
    std::vector<Index> first = split({.input = {}, .first_samples = 307, .shuffle = true, .seed = seed}, layout).first;
    std::sort(first.begin(), first.end());
    return first;
  };
  const std::vector<Index> contiguous = first_sorted(5, {});
  EXPECT_EQ(first_sorted(5, {.chunk_samples = 13, .gzip = 3}), contiguous);
  EXPECT_NE(first_sorted(6, {}), contiguous);
}

TEST_F(DatasetSplitTest, NamesAndSchemaAreKept) {
  (void)split({.input = {}, .first_samples = 11}, {}, {.chunk_samples = 7, .gzip = 1});
  for (const std::string& path : {first_.path(), rest_.path()}) {
    EXPECT_EQ(extra_attribute(path, schema_attribute), "a schema");
    EXPECT_EQ(open_dataset(path)->info().feature_names, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(open_dataset(path)->info().target_names, (std::vector<std::string>{"y"}));
    EXPECT_EQ(dataset_storage(path).chunk_samples, 7);
  }
}

TEST_F(DatasetSplitTest, BytesAndLabelsStayWhatTheyAre) {
  DatasetInfo info;
  info.features = 5;
  info.byte_features = true;
  info.classes = 3;
  info.class_names = {"x", "y", "z"};
  DatasetWriter writer{input_.path(), info};
  writer.append_bytes(std::vector<std::uint8_t>{0, 1, 2, 254, 255, 5, 6, 7, 8, 9, 250, 251, 252, 253, 3});
  writer.append_labels(std::vector<Label>{2, 0, 1});
  writer.close();
  split_dataset({.input = input_.path(), .first_samples = 1}, {.path = first_.path(), .layout = {}},
                {.path = rest_.path(), .layout = {}});
  const auto rest = open_dataset(rest_.path());
  EXPECT_TRUE(rest->info().byte_features);
  EXPECT_EQ(rest->info().class_names, info.class_names);
  const DatasetSummary first = summarize(*open_dataset(first_.path()));
  EXPECT_EQ(first.class_samples, (std::vector<Index>{0, 0, 1}));
  EXPECT_EQ(first.features[4].least, 255);
  const DatasetSummary summary = summarize(*rest);
  EXPECT_EQ(summary.class_samples, (std::vector<Index>{1, 1, 0}));
  EXPECT_EQ(summary.features[0].least, 5);
  EXPECT_EQ(summary.features[0].greatest, 250);
}

TEST_F(DatasetSplitTest, PartsThatWouldBeEmptyAreErrors) {
  EXPECT_EQ(failure({.input = {}, .first_samples = 0}), "--at: 0 samples of the 1009");
  EXPECT_EQ(failure({.input = {}, .first_samples = samples}), "--at: 1009 samples of the 1009");
  EXPECT_FALSE(std::filesystem::exists(first_.path()));
}

TEST_F(DatasetSplitTest, OneNameForTwoFilesIsAnError) {
  write_numbered(input_.path(), {});
  const DatasetSplit request{.input = input_.path(), .first_samples = 5};
  const DatasetOutput one{.path = first_.path(), .layout = {}, .replace = true};
  const DatasetOutput input{.path = input_.path(), .layout = {}, .replace = true};
  EXPECT_THROW(split_dataset(request, one, one), RequestError);
  EXPECT_THROW(split_dataset(request, one, input), RequestError);
  EXPECT_EQ(numbers_in(input_.path()).size(), static_cast<std::size_t>(samples)) << "the input is untouched";
}

TEST_F(DatasetSplitTest, TheInputIsNeverReplacedWhateverItsNameIs) {
  const TemporaryDirectory place;
  const std::string input = place / "a.h5";
  write_numbered(input, {});
  std::filesystem::create_symlink(input, place / "symbolic.h5");
  std::filesystem::create_hard_link(input, place / "hard.h5");
  const DatasetSplit request{.input = input, .first_samples = 5};
  const DatasetOutput free{.path = place / "free.h5", .layout = {}, .replace = true};
  for (const char* name : {"a.h5", "./a.h5", "symbolic.h5", "hard.h5"}) {
    const DatasetOutput same{.path = place / name, .layout = {}, .replace = true};
    EXPECT_THROW(split_dataset(request, same, free), RequestError) << name;
    EXPECT_THROW(split_dataset(request, free, same), RequestError) << name;
  }
  std::filesystem::create_symlink(place / "x.h5", place / "y.h5");
  write_numbered(place / "x.h5", {});
  EXPECT_THROW(split_dataset(request, {.path = place / "x.h5", .layout = {}, .replace = true},
                             {.path = place / "y.h5", .layout = {}, .replace = true}),
               RequestError);
  EXPECT_EQ(numbers_in(input).size(), static_cast<std::size_t>(samples));
  EXPECT_FALSE(std::filesystem::exists(free.path));
}

TEST_F(DatasetSplitTest, WhenTheSecondPartDoesNotFitTheFirstIsNotThereEither) {
  const TemporaryDirectory place;
  write_numbered(place / "in.h5", {});
  {
    const FileSizeLimit limit{9000};  // room for 7 samples, not for 1002
    EXPECT_THROW(split_dataset({.input = place / "in.h5", .first_samples = 7}, {.path = place / "a.h5", .layout = {}},
                               {.path = place / "b.h5", .layout = {}}),
                 FileError);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{place.path()}, {}), 1) << "only the input is there";
}

TEST_F(DatasetSplitTest, DataWithoutTargetsAreSplitToo) {
  DatasetWriter writer{input_.path(), {.features = 2, .targets = 0}};
  writer.append_floats(std::vector<float>{1, 2, 3, 4, 5, 6});
  writer.close();
  split_dataset({.input = input_.path(), .first_samples = 1}, {.path = first_.path(), .layout = {}},
                {.path = rest_.path(), .layout = {}});
  EXPECT_EQ(open_dataset(rest_.path(), TargetsWanted::optional)->info().samples, 2);
  EXPECT_EQ(summarize(*open_dataset(rest_.path(), TargetsWanted::optional)).features[1].greatest, 6);
  EXPECT_THROW((void)open_dataset(rest_.path()), FileError);
}

TEST(DatasetSummaryTest, MeansAndDeviationsAreThoseOfThePopulation) {
  const TemporaryFile file;
  write_numbered(file.path(), {});
  const DatasetSummary summary = summarize(*open_dataset(file.path()));
  const double deviation = std::sqrt((static_cast<double>(samples) * samples - 1) / 12);  // of 0, 1, ..., n - 1
  EXPECT_NEAR(summary.features[1].mean, -504, 1e-9);
  EXPECT_NEAR(summary.features[1].deviation, deviation, 1e-9);
  EXPECT_EQ(summary.features[1].least, -1008);
  EXPECT_EQ(summary.features[2].greatest, 1008.5);
  EXPECT_NEAR(summary.targets[0].deviation, 2 * deviation, 1e-9);
}

TEST(DatasetSummaryTest, OverAllCombinesMeansAndDeviations) {
  const ValueSummary all = over_all({{0, 2, 1, 1}, {4, 6, 5, 1}});  // {0, 2} and {4, 6}
  EXPECT_EQ(all.least, 0);
  EXPECT_EQ(all.greatest, 6);
  EXPECT_EQ(all.mean, 3);
  EXPECT_DOUBLE_EQ(all.deviation, std::sqrt(5.0));
}

}  // namespace
}  // namespace lockstep
