// SPDX-License-Identifier: MIT
// What a study shows: tables and pictures under headings, before they are files.
#pragma once

#include <string>
#include <vector>

#include "apps/plot.hpp"
#include "apps/study/estimate.hpp"

namespace lockstep {

/// Rows of cells under a heading. The first row names the columns.
struct ReportTable {
  std::string caption;
  std::vector<std::vector<std::string>> rows;
  bool ends_in_words = false;  ///< the last column is read, not compared: it is set to the left
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
