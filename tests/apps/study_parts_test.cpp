// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "apps/plot.hpp"
#include "apps/study/batch_size_measurements.hpp"
#include "apps/study/dropout_grid.hpp"
#include "apps/study/estimate.hpp"
#include "apps/study/grid_runner.hpp"
#include "apps/study/grid_time.hpp"
#include "apps/study/rate_search.hpp"
#include "apps/study/report_page.hpp"
#include "apps/study/results.hpp"

namespace lockstep {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(Estimate, HasTheStandardErrorOfTheMean) {
  // 2, 4, 9: mean 5, squares 9 + 1 + 16 = 26, deviation sqrt(13), error sqrt(13 / 3).
  const Estimate estimate = estimate_of({2, 4, 9});
  EXPECT_DOUBLE_EQ(estimate.mean, 5);
  EXPECT_DOUBLE_EQ(estimate.error, std::sqrt(13.0 / 3));
  EXPECT_TRUE(std::isnan(estimate_of({7}).error));
  EXPECT_EQ(estimate_of({std::nan(""), 3}).count, 1U);
  EXPECT_EQ(estimate_text(estimate_of({})), "-");
}

TEST(Estimate, IsWrittenAsFarAsItsErrorGoes) {
  const auto text = [](double mean, double error) { return estimate_text({.count = 3, .mean = mean, .error = error}); };
  EXPECT_EQ(text(0.0149132, 0.0000854), "0.014913 ± 0.000085");
  EXPECT_EQ(text(0.12237, 0.0031), "0.1224 ± 0.0031");
  EXPECT_EQ(text(62.1217, 2.4299), "62.1 ± 2.4");
  EXPECT_EQ(text(1776.7, 354.61), "1777 ± 355");
  EXPECT_EQ(text(20, 0), "20.000 ± 0.0000");
}

TEST(SharedOut, GivesEachRunToTheGroupWithTheLeastToDo) {
  // 7 | 5, 4 | 3, 3: then 2 to the last, 6 to do.
  const auto shares = shared_out({3, 7, 2, 5, 3, 4}, 3);
  EXPECT_EQ(shares, (std::vector<std::vector<std::size_t>>{{1, 2}, {3, 4}, {5, 0}}));
  EXPECT_EQ(shared_out({1, 1, 1}, 1).front().size(), 3U);
}

TEST(SecondsSideBySide, AreThoseOfTheGroupWithMostToDo) {
  const std::vector<double> seconds{3, 7, 2, 5, 3, 4};  // shared out as above: 9, 8, 7
  EXPECT_EQ(seconds_side_by_side(seconds, 1), 24);
  EXPECT_EQ(seconds_side_by_side(seconds, 3), 9);
  EXPECT_EQ(seconds_side_by_side({5, 5, 5}, 2), 10) << "one group has two of three runs";
  EXPECT_EQ(seconds_side_by_side({}, 2), 0);
}

TEST(WorkLeft, TakesOtherGroupsToHaveDoneAsMuchAsTheOwn) {
  // Nothing of the others' runs is known while they are under way.
  EXPECT_EQ(work_left({{.all = 10, .done = 4}, {.all = 10, .done = 0}, {.all = 10, .done = 0}}), 6);
  EXPECT_EQ(work_left({{.all = 8, .done = 4}, {.all = 11, .done = 0}}), 7) << "who has more to do decides";
  EXPECT_EQ(work_left({{.all = 9, .done = 1}, {.all = 10, .done = 7}}), 8) << "what has ended is known";
  EXPECT_EQ(work_left({{.all = 9, .done = 9}, {.all = 5, .done = 0}}), 0);
}

TEST(Groups, AreNeighboursAndNearlyEven) {
  EXPECT_EQ(usual_groups(4, 46), 4);
  EXPECT_EQ(usual_groups(4, 3), 3);
  EXPECT_EQ(usual_groups(4, 0), 1);
  std::vector<int> sizes(3);
  int last = 0;
  for (int rank = 0; rank < 8; ++rank) {
    const int group = group_of(rank, 8, 3);
    EXPECT_GE(group, last);
    last = group;
    ++sizes[static_cast<std::size_t>(group)];
  }
  EXPECT_EQ(sizes, (std::vector<int>{3, 3, 2}));
}

TEST(RateSearch, FindsTheBestRateOfAValley) {
  for (const int bottom : {-9, -4, 0, 1, 3, 8}) {
    RateSearch search{20};
    for (std::vector<int> next = search.next(); !next.empty(); next = search.next())
      for (const int k : next) search.add(k, 100 + (k - bottom) * (k - bottom));
    EXPECT_EQ(search.best(), bottom);
  }
}

TEST(RateSearch, KeepsToItsBudgetAndKnowsRatesThatNeverArrive) {
  RateSearch search{7};
  std::size_t runs = 0;
  for (std::vector<int> next = search.next(); !next.empty(); next = search.next())
    for (const int k : next) {
      search.add(k, k > 1 ? infinity : -k);  // ever better, without end
      ++runs;
    }
  EXPECT_EQ(runs, 7U);
  RateSearch hopeless{7};
  for (const int k : hopeless.next()) hopeless.add(k, infinity);
  EXPECT_FALSE(hopeless.best().has_value());
  EXPECT_TRUE(hopeless.next().empty());
}

TEST(DropoutGrid, KeepsTheUnitsThatAreLeftTheSame) {
  // 100 units at a rate of 0.5 leave 50; so do 50 at 0 and 200 at 0.75.
  EXPECT_EQ(widened({100, 60}, 0, 0.5), (std::vector<Index>{50, 30}));
  EXPECT_EQ(widened({100, 60}, 0.5, 0.5), (std::vector<Index>{100, 60}));
  EXPECT_EQ(widened({100, 60}, 0.75, 0.5), (std::vector<Index>{200, 120}));
}

TEST(CellName, IsTheSameForTheSameSettings) {
  EXPECT_EQ(cell_name({}), "base");
  EXPECT_EQ(cell_name({{"dropout", "0.5"}, {"hidden", "512,300"}}), "dropout=0.5,hidden=512x300");
}

TEST(ResultsCsv, QuotesWhatHoldsCommasAndLeavesOutTimes) {
  StudyPoint point{.cell = "hidden=5x3", .seed = 2, .overrides = {{"hidden", "5,3"}}};
  const nlohmann::ordered_json summary{
      {"weights_hash", "abc"}, {"steps", 7}, {"test_accuracy", 0.75}, {"wall_seconds", 1.5}, {"task", "x"}};
  StudyResults results;
  results.add(point.name(), record_of(point, summary, {}));
  EXPECT_EQ(results_csv(results),
            "cell,seed,status,hidden,steps,test_accuracy,test_error,weights_hash\n"
            "hidden=5x3,2,finished,\"5,3\",7,0.75,0.25,abc\n");
  EXPECT_EQ(times_csv(results), "cell,seed,status,wall_seconds\nhidden=5x3,2,finished,1.5\n");
}

TEST(Plot, WritesWhatGnuplotReads) {
  const Plot plot{.name = "a-b",
                  .title = "T",
                  .x_label = "batch",
                  .y_label = "steps",
                  .log_x = 2,
                  .series = {{.title = "one", .points = {{1, 2, 0.5}, {2, 3, 0.5, 1}, {4, std::nan(""), 0}}}}};
  EXPECT_NE(plot_data(plot).find("1 2 1.5 2.5\n2 3 2.5 4\n4 NaN NaN NaN\n"), std::string::npos);
  EXPECT_NE(plot_script(plot).find("set logscale x 2"), std::string::npos);
  EXPECT_NE(plot_script(plot).find("\"a-b.dat\" index 0"), std::string::npos);
  EXPECT_NE(plot_script(plot).find("set xlabel \"batch\\n \""), std::string::npos) << "room for the key";
  const Plot bars{.name = "b", .series = {{.title = "", .points = {{1, 2}}, .style = PlotSeries::Style::boxes}}};
  EXPECT_NE(plot_script(bars).find("set yrange [0:*]"), std::string::npos) << "bars stand on the axis";
}

TEST(Plot, LabelsLogarithmicAxesOfLessThanThreeDecadesInBetween) {
  const auto script = [](double least, double most) {
    return plot_script({.name = "p", .log_y = 10, .series = {{.title = "", .points = {{1, least, 0}, {2, most, 0}}}}});
  };
  EXPECT_NE(script(0.05, 0.08).find("\"0.06\" 0.06"), std::string::npos);
  EXPECT_NE(script(30, 2000).find("\"500\" 500"), std::string::npos);
  EXPECT_EQ(script(1, 20000).find("\"5,000\""), std::string::npos) << "powers of ten are enough";
  EXPECT_NE(script(1, 2000000).find("\"1,000,000\" 1e+06"), std::string::npos);
}

TEST(NoiseWindows, GrowByDoubling) {
  const std::vector<Range> windows = noise_windows(11);
  std::vector<Index> ends;
  for (const Range& window : windows) ends.push_back(window.end);
  EXPECT_EQ(ends, (std::vector<Index>{1, 2, 4, 8, 11}));
}

TEST(ReportPage, EscapesTextAndHoldsPicturesInside) {
  Report report{.title = "a < b", .introduction = {}, .sections = {}};
  report.sections.push_back({.heading = "H",
                             .question = "",
                             .remarks = {},
                             .tables = {{.caption = "C", .rows = {{"x", "y"}, {"1", "<script>"}}}},
                             .plots = {{.name = "p", .title = "P"}},
                             .images = {{.name = "i", .caption = "I", .width = 1, .height = 1, .pixels = {0}}}});
  PageFrame frame{.drawings = {{"p", "<?xml version=\"1.0\"?><svg id=\"here\"></svg>"}}, .pictures = {{"i", "Man"}}};
  const std::string page = report_page(report, frame);
  EXPECT_NE(page.find("a &lt; b"), std::string::npos);
  EXPECT_EQ(page.find("<script>"), std::string::npos);
  EXPECT_NE(page.find("<figure><svg id=\"here\">"), std::string::npos);
  EXPECT_NE(page.find("base64,TWFu\""), std::string::npos);  // RFC 4648: "Man" is "TWFu"
}

}  // namespace
}  // namespace lockstep
