// SPDX-License-Identifier: MIT
// Plots as files: data and a gnuplot script that anyone can restyle, and what gnuplot makes of them.
#pragma once

#include <string>

#include "apps/study/report.hpp"
#include "apps/study/study_directory.hpp"

namespace lockstep {

/// "x  y  error" for each point, a block for each series.
[[nodiscard]] std::string plot_data(const Plot& plot);

/// A script that draws NAME.svg and NAME.png from NAME.dat, in the folder where it lies.
[[nodiscard]] std::string plot_script(const Plot& plot);

/// Writes plots/NAME.dat and NAME.gp and, where gnuplot is installed, NAME.svg and NAME.png. Returns the SVG as text;
/// "" without gnuplot, or when it failed. Throws FileError.
[[nodiscard]] std::string draw(const Plot& plot, const StudyDirectory& directory);

/// Whether there is a gnuplot, and what to say when there is none.
[[nodiscard]] bool has_gnuplot();
inline constexpr const char* no_gnuplot =
    "there are no pictures: gnuplot is not installed (Debian, Ubuntu: apt-get install gnuplot-nox); install it and run "
    "the same command again, which draws them without training anything anew";

}  // namespace lockstep
