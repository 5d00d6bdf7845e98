// SPDX-License-Identifier: MIT
// A report as one page that needs nothing else.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "apps/study/report.hpp"

namespace lockstep {

/// What stands on the page besides the report.
struct PageFrame {
  std::vector<std::pair<std::string, std::string>> setting;  ///< names and values
  std::vector<std::string> commands;                         ///< that make all of it again
  std::map<std::string, std::string> drawings;               ///< SVG by name of the plot; what is missing was not drawn
  std::map<std::string, std::string> pictures;               ///< PNG bytes by name of the image
  std::string without_drawings;                              ///< said in place of a drawing
};

/// HTML in UTF-8, pictures inside, no script, no address of anything elsewhere.
[[nodiscard]] std::string report_page(const Report& report, const PageFrame& frame);

/// The same tables for a terminal or a log.
[[nodiscard]] std::string report_text(const Report& report);

}  // namespace lockstep
