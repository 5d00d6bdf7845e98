// SPDX-License-Identifier: MIT
// Plots as files: data and a gnuplot script that anyone can restyle, and what gnuplot makes of them.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace lockstep {

struct PlotPoint {
  double x = 0;
  double y = 0;
  double error = 0;                                               ///< to either side; NaN: not known
  double error_above = std::numeric_limits<double>::quiet_NaN();  ///< where it is another than below
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

/// "x  y  from  to" for each point, the error reaching from and to, a block for each series.
[[nodiscard]] std::string plot_data(const Plot& plot);

/// A script that draws NAME.svg and NAME.png from NAME.dat, in the folder where it lies.
[[nodiscard]] std::string plot_script(const Plot& plot);

/// Writes NAME.dat and NAME.gp into a folder, which is made where it is not there, and, where gnuplot is installed,
/// NAME.svg and NAME.png. Returns the SVG as text; "" without gnuplot, or when it failed. Throws FileError.
[[nodiscard]] std::string draw(const Plot& plot, const std::string& folder);

/// Whether there is a gnuplot, and what to say when there is none.
[[nodiscard]] bool has_gnuplot();
inline constexpr const char* no_gnuplot =
    "there are no pictures: gnuplot is not installed (Debian, Ubuntu: apt-get install gnuplot-nox)";

}  // namespace lockstep
