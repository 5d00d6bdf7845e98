// SPDX-License-Identifier: MIT
// What a study shows: tables and pictures under headings, before they are files.
#pragma once

#include <string>
#include <vector>

#include "apps/study/estimate.hpp"

namespace lockstep {

/// Rows of cells under a heading. The first row names the columns.
struct ReportTable {
  std::string caption;
  std::vector<std::vector<std::string>> rows;
  bool ends_in_words = false;  ///< the last column is read, not compared: it is set to the left
};

struct PlotPoint {
  double x = 0;
  double y = 0;
  double error = 0;  ///< to either side; NaN: not known
};

/// A curve, or a row of points.
struct PlotSeries {
  enum class Style { curve, points, guide, boxes };
  std::string title;
  std::vector<PlotPoint> points;
  Style style = Style::curve;
};

struct Plot {
  std::string name;  ///< of its files
  std::string title;
  std::string x_label;  ///< with the unit
  std::string y_label;
  int log_x = 0;  ///< base of a logarithmic axis; 0: linear
  int log_y = 0;
  std::vector<PlotSeries> series;
  /// Of the places 0, 1, ... where x counts things, which then stand below one another; else empty.
  std::vector<std::string> x_names{};
};

/// A picture of 8-bit grey values, row by row from the top.
struct ReportImage {
  std::string name;  ///< of its file
  std::string caption;
  int width = 0;
  int height = 0;
  std::vector<unsigned char> pixels;
};

struct ReportSection {
  std::string heading;
  std::string question;                ///< what it asks, in a sentence
  std::vector<std::string> remarks{};  ///< how it was asked, and what is seen
  std::vector<ReportTable> tables{};
  std::vector<Plot> plots{};
  std::vector<ReportImage> images{};
};

struct Report {
  std::string title;
  std::vector<std::string> introduction;
  std::vector<ReportSection> sections;
};

/// "0.02130 ± 0.00041": the error with two digits and the mean as far as the error goes (whole numbers in full);
/// without the error when it is not known, "-" when nothing is.
[[nodiscard]] std::string estimate_text(const Estimate& estimate);

}  // namespace lockstep
